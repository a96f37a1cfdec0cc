namespace Lora.Generators;

/// <summary>Whether a gradient flows to a value: decided at build time, or by a flag of the tensor at run time.</summary>
internal enum Activity
{
    Never,
    Maybe,
    Always,
}

/// <summary>
/// What the emitted code must know of a body beside the body itself: which values are active, which the backward pass reads, and where each
/// is read for the last time.
/// </summary>
internal sealed partial class MethodPlan
{
    private readonly MethodIr _method;
    private readonly Activity[] _activity;
    private readonly bool[] _isUseful;
    private readonly bool[] _isRead;
    private readonly CallIr?[] _remakers;
    private readonly bool[] _isInline;
    private readonly Dictionary<StatementIr, List<int>> _drops = new(ReferenceComparer.Instance);
    private readonly Dictionary<StatementIr, int> _overwrites = new(ReferenceComparer.Instance);

    public MethodPlan(MethodIr method)
    {
        _method = method;
        int count = method.Values.Count;
        _activity = new Activity[count];
        _isUseful = new bool[count];
        _isRead = new bool[count];
        _remakers = new CallIr?[count];
        _isInline = new bool[count];
        FindActivity();
        FindUseful();
        FindRemade(method.Body!);
        FindReads();
        FindInline(method.Body!);
        FindLastUses(method.Body!);
    }

    /// <summary>Whether no gradient can flow to anything: the result is the same whatever is trained or given.</summary>
    public bool IsConstant
    {
        get
        {
            ReturnIr[] returns = [.. Walk(_method.Body!).OfType<ReturnIr>()];
            return returns.Length > 0 && returns.All(returned => ActivityOf(returned.Value) == Activity.Never);
        }
    }

    public Activity ActivityOf(int value) => _isUseful[value] ? _activity[value] : Activity.Never;

    /// <summary>Whether any statement uses a value.</summary>
    public bool IsUsed(int value) => Walk(_method.Body!).Any(statement => UsesOf(statement).Contains(value));

    /// <summary>Whether the backward pass reads the elements of a tensor that the forward pass has written.</summary>
    public bool IsRead(int value) => _isRead[value];

    /// <summary>The operation that the backward pass runs again to read its result, or null where the result is kept, or not read.</summary>
    public CallIr? RemakerOf(int value) => _remakers[value];

    /// <summary>Whether the gradient of a number is used up where its only use stands, so that it needs no local.</summary>
    public bool IsInline(int value) => _isInline[value];

    public bool IsActive(CallIr call) => ActivityOf(call.Result) != Activity.Never;

    /// <summary>What says whether the backward of a call reads its inputs: whether a layer is trained, known at run time alone. Null where it reads them always, or never.</summary>
    public string? TrainingThatReads(CallIr call)
    {
        if (call.Callee is not OperationIr { ReadsWhereTrained: true } operation || !IsActive(call))
        {
            return null;
        }

        string[] trainabilities = [.. Trainabilities(operation, call).Distinct()];
        return trainabilities.Length == 0 || trainabilities.Contains("true") ? null : string.Join(" || ", trainabilities);
    }

    /// <summary>The tensors that the backward of a call reads.</summary>
    public IEnumerable<int> ReadsOf(CallIr call)
    {
        if (call.Callee is not OperationIr operation || !IsActive(call))
        {
            yield break;
        }

        foreach (BackwardParameterIr parameter in operation.BackwardParameters)
        {
            if (parameter.Role == BackwardRole.Result)
            {
                yield return call.Result;
            }
            else if (parameter.Role == BackwardRole.Input
                && call.Arguments.FirstOrDefault(argument => argument.Parameter == parameter.Input) is { Kind: ArgumentKind.Tensor } read)
            {
                yield return read.Value;
            }
        }
    }

    /// <summary>
    /// Whether the gradient of an input may take the input's memory: the backward of this call is the only one in the method to read it, once for
    /// each time that it is made. Whether a callee reads it too is known at run time.
    /// </summary>
    public bool IsOverwrittenByGradient(CallIr call, ArgumentIr argument) =>
        call.Callee is OperationIr operation && operation.GradientOver == argument.Parameter
        && !_method.Values[argument.Value].IsVariable
        && Walk(_method.Body!).OfType<CallIr>().SelectMany(ReadsOf).Count(read => read == argument.Value) == 1
        && Blocks(_method.Body!).Any(block =>
            block.Statements.Contains(call, ReferenceComparer.Instance)
            && block.Statements.Any(statement => statement is CallIr made && made.Result == argument.Value));

    /// <summary>Whether a value is the result of a call, of one or another, and no derivative of the method reads it: the caller alone decides how long it stays.</summary>
    public bool IsMadeUnread(int value)
    {
        var seen = new HashSet<int>();
        return IsMade(value);

        bool IsMade(int one)
        {
            if (!seen.Add(one))
            {
                return true;
            }

            StatementIr[] sources = [.. Walk(_method.Body!).Where(statement =>
                (statement is CallIr call && call.Result == one) || (statement is AssignIr assignment && assignment.Variable == one))];
            return !IsRead(one) && sources.Length > 0
                && sources.All(source => source is not AssignIr { From: var from } || (from.IsValue && IsMade(from.Value)));
        }
    }

    /// <summary>The tensors whose elements are not read after a statement.</summary>
    public IReadOnlyList<int> DropsAfter(StatementIr statement) => _drops.TryGetValue(statement, out List<int>? drops) ? drops : [];

    /// <summary>The input that the result of a call may overwrite, or <see cref="OperandIr.None"/>.</summary>
    public int OverwrittenBy(CallIr call) => _overwrites.TryGetValue(call, out int value) ? value : OperandIr.None;

    /// <summary>Whether a statement may leave the block that it stands in.</summary>
    public static bool MayExit(StatementIr statement) => statement switch
    {
        ReturnIr or JumpIr or PlainIr { Exits: true } => true,
        IfIr branch => branch.Then.Statements.Any(MayExit) || (branch.Else?.Statements.Any(MayExit) ?? false),
        LoopIr loop => Walk(loop.Body).Any(inner => inner is ReturnIr),
        _ => false,
    };

    /// <summary>Whether a block never reaches its end.</summary>
    public static bool AlwaysExits(BlockIr block) => block.Statements.Count > 0 && block.Statements[block.Statements.Count - 1] switch
    {
        ReturnIr or JumpIr or PlainIr { Exits: true } => true,
        IfIr { Else: { } otherwise } branch => AlwaysExits(branch.Then) && AlwaysExits(otherwise),
        _ => false,
    };

    /// <summary>Every statement of a block and of the blocks in it, in order.</summary>
    public static IEnumerable<StatementIr> Walk(BlockIr block)
    {
        foreach (StatementIr statement in block.Statements)
        {
            yield return statement;
            IEnumerable<StatementIr> inner = statement switch
            {
                IfIr { Else: { } otherwise } branch => Walk(branch.Then).Concat(Walk(otherwise)),
                IfIr branch => Walk(branch.Then),
                LoopIr loop => Walk(loop.Body),
                _ => [],
            };
            foreach (StatementIr nested in inner)
            {
                yield return nested;
            }
        }
    }

    /// <summary>The arguments of a call to which gradients flow.</summary>
    public static IEnumerable<ArgumentIr> DifferentiableArguments(CallIr call) => call.Arguments.Where(argument =>
        argument.IsValue && (call.Callee is MethodCallIr || ((OperationIr)call.Callee).BackwardParameters.Any(parameter =>
            parameter.Role == BackwardRole.InputGradient && parameter.Input == argument.Parameter)));

    private void FindActivity()
    {
        foreach (ParameterIr parameter in _method.Parameters)
        {
            if (parameter.Kind == ParameterKind.Tensor)
            {
                _activity[parameter.Value] = parameter.IsDifferentiable ? Activity.Maybe : Activity.Never;
            }
        }

        bool hasChanged = true;
        while (hasChanged)
        {
            hasChanged = false;
            var assigned = new Dictionary<int, (Activity Least, Activity Most)>();
            foreach (ParameterIr parameter in _method.Parameters)
            {
                if (parameter.Kind == ParameterKind.Tensor && _method.Values[parameter.Value].IsVariable)
                {
                    Activity given = parameter.IsDifferentiable ? Activity.Maybe : Activity.Never;
                    assigned[parameter.Value] = (given, given);
                }
            }

            foreach (StatementIr statement in Walk(_method.Body!))
            {
                switch (statement)
                {
                    case CallIr call:
                        hasChanged |= Set(call.Result, ActivityOfResult(call));
                        break;
                    case ArithmeticIr arithmetic:
                        Activity either = Max(ActivityOf(arithmetic.Left), arithmetic.Right is { } right ? ActivityOf(right) : Activity.Never);
                        hasChanged |= Set(arithmetic.Result, either);
                        break;
                    case AssignIr assignment:
                        Activity one = ActivityOf(assignment.From);
                        assigned[assignment.Variable] = assigned.TryGetValue(assignment.Variable, out (Activity Least, Activity Most) range)
                            ? (Min(range.Least, one), Max(range.Most, one))
                            : (one, one);
                        break;
                }
            }

            foreach (KeyValuePair<int, (Activity Least, Activity Most)> variable in assigned)
            {
                Activity joined = variable.Value.Least == variable.Value.Most ? variable.Value.Least : Activity.Maybe;
                hasChanged |= Set(variable.Key, joined);
            }
        }
    }

    private bool Set(int value, Activity activity)
    {
        if (_activity[value] == activity)
        {
            return false;
        }

        _activity[value] = activity;
        return true;
    }

    private Activity ActivityOf(OperandIr operand) => operand.IsValue ? _activity[operand.Value] : Activity.Never;

    private Activity ActivityOfResult(CallIr call)
    {
        if (call.Callee is not OperationIr operation)
        {
            return Activity.Maybe;
        }

        Activity activity = Activity.Never;
        foreach (ArgumentIr argument in DifferentiableArguments(call))
        {
            activity = Max(activity, _activity[argument.Value]);
        }

        foreach (string trainability in Trainabilities(operation, call))
        {
            activity = Max(activity, trainability == "true" ? Activity.Always : Activity.Maybe);
        }

        return activity;
    }

    /// <summary>What says whether the layers of a call are trained.</summary>
    public static IEnumerable<string> Trainabilities(OperationIr operation, CallIr call) =>
        call.Arguments.Select(argument => argument.Trainability).Prepend(operation.Receiver?.Trainability).OfType<string>();

    private void FindUseful()
    {
        bool hasChanged = true;
        bool Mark(int value)
        {
            bool isNew = !_isUseful[value];
            _isUseful[value] = true;
            return isNew;
        }

        while (hasChanged)
        {
            hasChanged = false;
            foreach (StatementIr statement in Walk(_method.Body!))
            {
                switch (statement)
                {
                    case ReturnIr { Value: { IsValue: true } returned }:
                        hasChanged |= Mark(returned.Value);
                        break;
                    case CallIr call when _isUseful[call.Result]:
                        foreach (ArgumentIr argument in DifferentiableArguments(call))
                        {
                            hasChanged |= Mark(argument.Value);
                        }

                        break;
                    case ArithmeticIr arithmetic when _isUseful[arithmetic.Result]:
                        hasChanged |= arithmetic.Left.IsValue && Mark(arithmetic.Left.Value);
                        hasChanged |= arithmetic.Right is { IsValue: true } right && Mark(right.Value);
                        break;
                    case AssignIr { From.IsValue: true } assignment when _isUseful[assignment.Variable]:
                        hasChanged |= Mark(assignment.From.Value);
                        break;
                }
            }
        }
    }

    private void FindReads()
    {
        foreach (CallIr call in Walk(_method.Body!).OfType<CallIr>())
        {
            foreach (int read in ReadsOf(call))
            {
                _isRead[read] |= (TrainingThatReads(call) is null && _remakers[read] is null) || (call.Callee is OperationIr operation && operation.ReadsResult && read == call.Result);
            }
        }

        // What is assigned to a variable is read where the variable is.
        bool hasChanged = true;
        while (hasChanged)
        {
            hasChanged = false;
            foreach (AssignIr assignment in Walk(_method.Body!).OfType<AssignIr>())
            {
                if (assignment.From.IsValue && _isRead[assignment.Variable] && !_isRead[assignment.From.Value])
                {
                    _isRead[assignment.From.Value] = true;
                    hasChanged = true;
                }
            }
        }
    }

    private void FindInline(BlockIr block)
    {
        for (int i = 0; i < block.Statements.Count; i++)
        {
            StatementIr statement = block.Statements[i];
            foreach (BlockIr inner in Inner(statement))
            {
                FindInline(inner);
            }

            int result = statement switch
            {
                CallIr call => call.Result,
                ArithmeticIr arithmetic => arithmetic.Result,
                _ => OperandIr.None,
            };
            if (result != OperandIr.None && !_method.Values[result].IsTensor)
            {
                _isInline[result] = IsUsedOnceNearby(block, i, result);
            }
        }
    }

    private bool IsUsedOnceNearby(BlockIr block, int position, int value)
    {
        if (Walk(_method.Body!).Sum(statement => UsesOf(statement).Count(use => use == value)) != 1)
        {
            return false;
        }

        for (int i = position + 1; i < block.Statements.Count; i++)
        {
            StatementIr statement = block.Statements[i];
            if (UsesOf(statement).Contains(value))
            {
                return statement is ReturnIr or ArithmeticIr or CallIr { Callee: OperationIr };
            }

            if (MayExit(statement))
            {
                return false;
            }
        }

        return false;
    }

    // Results that operations of the same block alone read in their backward, and that are made of what is kept. What only numbers are made of is read again
    // before anything else takes its memory.
    private void FindRemade(BlockIr block)
    {
        foreach (CallIr call in block.Statements.OfType<CallIr>())
        {
            if (call.Callee is OperationIr { Recomputes: true } && IsActive(call) && IsReadIn(block, call.Result) && !Leaves(call.Result) && !IsNamed(call.Result)
                && call.Arguments.All(CanBeReadAgain))
            {
                _remakers[call.Result] = call;
            }
        }

        foreach (BlockIr inner in block.Statements.SelectMany(Inner))
        {
            FindRemade(inner);
        }
    }

    private bool CanBeReadAgain(ArgumentIr argument) => argument.Kind switch
    {
        ArgumentKind.RandomKey => false,
        ArgumentKind.Tensor or ArgumentKind.Number => !_method.Values[argument.Value].IsVariable && _remakers[argument.Value] is null,
        _ => true,
    };

    private bool IsReadIn(BlockIr block, int value)
    {
        CallIr[] readers = [.. Walk(_method.Body!).OfType<CallIr>().Where(call => ReadsOf(call).Contains(value))];
        return readers.Any(reader => reader.Callee.ReturnsTensor) && readers.All(reader => block.Statements.Contains(reader, ReferenceComparer.Instance));
    }

    // Whether plain text names a value: it may hold on to the elements.
    private bool IsNamed(int value) => Walk(_method.Body!).Any(statement => PlainUsesOf(statement).Contains(value));

    // Whether a value is read under other names.
    private bool Leaves(int value) => Walk(_method.Body!).Any(statement =>
        (statement is ReturnIr returned && returned.Value.Value == value)
        || (statement is AssignIr assignment && assignment.From.Value == value));

    private static IEnumerable<BlockIr> Blocks(BlockIr block) =>
        block.Statements.SelectMany(Inner).SelectMany(Blocks).Prepend(block);

    internal static IEnumerable<BlockIr> Inner(StatementIr statement) => statement switch
    {
        IfIr { Else: { } otherwise } branch => [branch.Then, otherwise],
        IfIr branch => [branch.Then],
        LoopIr loop => [loop.Body],
        _ => [],
    };

    /// <summary>The values that a statement itself uses, those of the blocks in it apart.</summary>
    private static IEnumerable<int> UsesOf(StatementIr statement) => PlainUsesOf(statement).Concat(statement switch
    {
        CallIr call => call.Arguments.Where(argument => argument.IsValue).Select(argument => argument.Value),
        ArithmeticIr arithmetic => new[] { arithmetic.Left, arithmetic.Right }.Where(operand => operand is { IsValue: true }).Select(operand => operand!.Value),
        AssignIr { From.IsValue: true } assignment => [assignment.From.Value],
        ReturnIr { Value.IsValue: true } returned => [returned.Value.Value],
        _ => [],
    });

    // Those that its plain text names.
    private static IEnumerable<int> PlainUsesOf(StatementIr statement) => statement switch
    {
        CallIr call => call.Arguments.Where(argument => !argument.IsValue).SelectMany(argument => argument.Uses).Concat(call.Callee switch
        {
            OperationIr { Receiver: { } receiver } => receiver.Uses,
            MethodCallIr { Receiver: { } receiver } => receiver.Uses,
            _ => default,
        }),
        ConstantIr constant => constant.Uses,
        PlainIr plain => plain.Uses,
        IfIr branch => branch.Uses,
        LoopIr loop => loop.Uses,
        _ => [],
    };

    private static Activity Max(Activity a, Activity b) => a > b ? a : b;

    private static Activity Min(Activity a, Activity b) => a < b ? a : b;
}
