namespace Lora.Generators;

/// <summary>
/// What one method saves for its backward pass: a class with a field for each thing, and one such class for the iterations of each loop.
/// The backward asks for fields; the forward then fills those that were asked for.
/// </summary>
internal sealed class SavedLayout
{
    private readonly Dictionary<object, string> _fields = [];
    private readonly Dictionary<int, SavedRegion> _regionOfValue = [];
    private readonly Dictionary<StatementIr, SavedRegion> _regionOfLoop = new(ReferenceComparer.Instance);
    private readonly MethodIr _method;

    public SavedLayout(MethodIr method, string className)
    {
        _method = method;
        Root = new SavedRegion(className, "saved", "");
        foreach (ParameterIr parameter in method.Parameters)
        {
            if (parameter.Kind == ParameterKind.Tensor)
            {
                _regionOfValue[parameter.Value] = Root;
            }
        }

        FindRegions(method.Body!, Root, 1);
    }

    public SavedRegion Root { get; }

    public SavedRegion RegionOf(LoopIr loop) => _regionOfLoop[loop];

    public SavedRegion RegionOf(int value) => _regionOfValue[value];

    /// <summary>Where the backward finds a value that was written once.</summary>
    public string Value(int value)
    {
        ValueIr described = _method.Values[value];
        SavedRegion region = _regionOfValue[value];
        return $"{region.Variable}.{Field(region, (value, "value"), described.IsTensor ? Tensor(described.IsNullable) : "float", described.Name)}";
    }

    public bool IsSaved(int value) => _fields.ContainsKey((value, "value"));

    /// <summary>Where the backward finds what one statement saw: a variable's value then, an argument, a flag.</summary>
    public string Capture(SavedRegion region, StatementIr statement, string what, string type, string name)
    {
        bool isPrivate = _method.PrivateTypes.Contains(type);
        string field = $"{region.Variable}.{Field(region, Key(statement, what), isPrivate ? "object" : type, name)}";
        return isPrivate ? $"(({type}){field})" : field;
    }

    /// <summary>Where both passes find what a called method saves; it is made with the field.</summary>
    public string Callee(SavedRegion region, StatementIr statement, MethodCallIr callee)
    {
        region.IsUsed = true;
        bool isPrivate = _method.PrivateTypes.Contains(callee.SavedType);
        object key = Key(statement, "callee");
        if (!_fields.TryGetValue(key, out string? field))
        {
            _fields[key] = field = region.Add(isPrivate ? "object" : callee.SavedType, Naming.Capitalize(callee.Name.TrimStart('@')), callee.SavedType);
        }

        return isPrivate ? $"({callee.SavedType}){region.Variable}.{field}" : $"{region.Variable}.{field}";
    }

    /// <summary>The field that was asked for, or null.</summary>
    public string? Captured(SavedRegion region, StatementIr statement, string what) =>
        _fields.TryGetValue(Key(statement, what), out string? field) ? $"{region.Variable}.{field}" : null;

    public static string Tensor(bool isNullable) => isNullable ? "global::Lora.Tensor?" : "global::Lora.Tensor";

    private static object Key(StatementIr statement, string what) => (new StatementKey(statement), what);

    private string Field(SavedRegion region, object key, string type, string name)
    {
        if (!_fields.TryGetValue(key, out string? field))
        {
            field = region.Add(type, Naming.Capitalize(name.TrimStart('@')), type == "global::Lora.SavedIndices" ? type : null);
            _fields[key] = field;
        }

        return field;
    }

    private void FindRegions(BlockIr block, SavedRegion region, int depth)
    {
        foreach (StatementIr statement in block.Statements)
        {
            int made = statement switch
            {
                CallIr call => call.Result,
                ArithmeticIr arithmetic => arithmetic.Result,
                ConstantIr constant => constant.Result,
                DeclareIr declaration => declaration.Variable,
                AssignIr { Declares: true } assignment => assignment.Variable,
                _ => OperandIr.None,
            };
            if (made != OperandIr.None)
            {
                _regionOfValue[made] = region;
            }

            SavedRegion inner = region;
            if (statement is LoopIr loop)
            {
                string list = Root.Reserve(loop.Name);
                string className = Root.Reserve(list.Substring(0, list.Length - 1));
                inner = new SavedRegion(className, depth == 1 ? "iteration" : "iteration" + depth, $"{region.Variable}.{list}");
                region.Loops.Add((list, inner));
                _regionOfLoop[loop] = inner;
            }

            foreach (BlockIr nested in MethodPlan.Inner(statement))
            {
                FindRegions(nested, inner, statement is LoopIr ? depth + 1 : depth);
            }
        }
    }

    private readonly struct StatementKey(StatementIr statement) : IEquatable<StatementKey>
    {
        private readonly StatementIr _statement = statement;

        public bool Equals(StatementKey other) => ReferenceEquals(_statement, other._statement);

        public override bool Equals(object? obj) => obj is StatementKey other && Equals(other);

        public override int GetHashCode() => ReferenceComparer.Instance.GetHashCode(_statement);
    }
}

/// <summary>One class of saved fields: of the method itself, or of one iteration of a loop.</summary>
internal sealed class SavedRegion(string className, string variable, string list)
{
    private readonly List<SavedField> _fields = [];
    private readonly HashSet<string> _names = [className];

    public string ClassName { get; } = className;

    /// <summary>The local that holds the region in generated code.</summary>
    public string Variable { get; } = variable;

    /// <summary>The list of the loop's iterations; empty for the method itself.</summary>
    public string List { get; } = list;

    public IReadOnlyList<SavedField> Fields => _fields;

    /// <summary>Whether the loop's iterations save anything, or call what does.</summary>
    public bool IsUsed { get; set; }

    public string Reserve(string name)
    {
        string unique = name;
        for (int i = 2; !_names.Add(unique); i++)
        {
            unique = name.EndsWith("s", StringComparison.Ordinal) ? $"{name.Substring(0, name.Length - 1)}{i}s" : name + i;
        }

        return unique;
    }

    public string Add(string type, string name, string? made = null)
    {
        string unique = Reserve(name);
        _fields.Add(new SavedField(type, unique, made));
        return unique;
    }

    /// <summary>The loops in the region, under the names of the fields that hold their iterations.</summary>
    public List<(string Name, SavedRegion Region)> Loops { get; } = [];
}

/// <summary>A saved field. <c>Made</c> is the class of which it holds an instance from the start.</summary>
internal sealed record SavedField(string Type, string Name, string? Made);
