using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators;

/// <summary>
/// Binds the companions that a <c>[Derivative]</c> names to its operation, by the names of their parameters. <see cref="Fault"/> says
/// what does not fit.
/// </summary>
internal sealed class RuleBinder
{
    // The runtime's Reads.
    private const int InputsRead = 1;
    private const int ResultRead = 2;

    private const string TensorType = "global::Lora.Tensor";

    private static readonly ConditionalWeakTable<IMethodSymbol, RuleBinder?> _bound = new();

    private readonly IMethodSymbol _operation;
    private readonly INamedTypeSymbol _declaring;
    private readonly bool _returnsTensor;

    private RuleBinder(IMethodSymbol operation, AttributeData attribute)
    {
        _operation = operation;
        _declaring = attribute.Argument("Declaring") as INamedTypeSymbol ?? operation.ContainingType;
        _returnsTensor = operation.ReturnType.IsTensor();
        Bind(attribute);
    }

    public string? Fault { get; private set; }

    public string Expected { get; private set; } = "";

    /// <summary>How the code fix mends the fault, where it can.</summary>
    public Fix Fix { get; private set; } = Fix.None;

    public INamedTypeSymbol Declaring => _declaring;

    public string? Into { get; private set; }

    public string? Shape { get; private set; }

    public string? Saves { get; private set; }

    public string Backward { get; private set; } = "";

    public bool InPlace { get; private set; }

    /// <summary>What the dimensions have to do with each other; null where nothing is known.</summary>
    public DimensionRule? Dimensions { get; private set; }

    public bool ReadsWhereTrained { get; private set; }

    public string? GradientOver { get; private set; }

    public bool Recomputes { get; private set; }

    public bool TakesRank { get; private set; }

    public bool ReturnsTensor => _returnsTensor;

    public List<BackwardParameterIr> BackwardParameters { get; } = [];

    /// <summary>The rule of an operation; null where it has none. Those of other assemblies are bound once, as long as their symbols live.</summary>
    public static RuleBinder? For(IMethodSymbol operation) => _bound.GetValue(operation, Bind);

    private static RuleBinder? Bind(IMethodSymbol operation) =>
        operation.Attribute(KnownNames.Derivative) is { } attribute ? new RuleBinder(operation, attribute) : null;

    public bool HasGradientOf(string parameter) =>
        BackwardParameters.Any(candidate => candidate.Role == BackwardRole.InputGradient && candidate.Input == parameter);

    private void Bind(AttributeData attribute)
    {
        if (!_returnsTensor && !_operation.ReturnType.IsFloat())
        {
            Fail($"it returns {_operation.ReturnType.ToDisplayString()}, not Tensor or float", "an operation that returns Tensor or float");
            return;
        }

        if (_operation.ContainingType.IsExtension)
        {
            Fail("it stands in an extension block", $"static {(_returnsTensor ? "Tensor" : "float")} {_operation.Name}({Parameters()})");
            return;
        }

        if (_operation.IsGenericMethod || _operation.Parameters.Any(parameter => parameter.RefKind is not (RefKind.None or RefKind.In)))
        {
            Fail(
                _operation.IsGenericMethod ? "it has type parameters" : "a parameter is passed by reference",
                $"{Static()}{(_returnsTensor ? "Tensor" : "float")} {_operation.Name}({Parameters()})");
            return;
        }

        string backward = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "";
        InPlace = attribute.Argument("InPlace") is true;
        Saves = BindShape(attribute.Argument("Saves") as string);
        Shape = BindShape(attribute.Argument("Shape") as string);
        Into = BindInto(attribute.Argument("Into") as string);
        if (Saves is not null && Into is null && Fault is null)
        {
            Fail("Saves is given without Into, which alone can write what is saved", IntoSignature());
        }

        if (Into is not null && _returnsTensor && Shape is null && !_operation.Parameters.Any(parameter => parameter.Type.IsTensor()))
        {
            Fail("Into is given without Shape, and there is no tensor input whose shape the result could have", $"{Static()}TensorShape {_operation.Name}Shape({Parameters()})");
        }

        int given = attribute.Argument("Reads") is int reads ? reads : 0;
        BindBackward(backward, given);
        ReadsWhereTrained = (given & 4) != 0;
        if (ReadsWhereTrained && !_operation.ContainingType.IsLayer() && !_operation.Parameters.Any(parameter => parameter.Type.IsLayer()))
        {
            Fail("Reads says InputsWhereTrained, but the operation belongs to no layer and takes none", "Reads.Inputs");
        }

        GradientOver = attribute.Argument("GradientOver") as string;
        if (GradientOver is not null && !BackwardParameters.Any(parameter => parameter is { Role: BackwardRole.InputGradient, IsNullable: true } && parameter.Input == GradientOver))
        {
            Fail($"GradientOver names '{GradientOver}', but the backward has no parameter 'Tensor? grad{Naming.Capitalize(GradientOver)}'", BackwardSignature(backward));
        }

        Recomputes = attribute.Argument("Recompute") is true;
        if (Recomputes && WhyNotRecomputed() is { } reason)
        {
            Fail($"Recompute is given, but {reason}", BackwardSignature(backward));
        }

        foreach (string input in attribute.Strings("SharesGradient"))
        {
            Share(input, backward);
        }

        Dimensions = BindDimensions(attribute.Argument("Dimensions") as string);
    }

    private string? WhyNotRecomputed()
    {
        string? fleeting = _operation.Parameters.FirstOrDefault(input => input.Type.IsRefLikeType && !input.Type.IsReadOnlySpanOfInt())?.Name;
        string? unread = _operation.Parameters.FirstOrDefault(input => input.Type.IsTensor() && !BackwardParameters.Any(parameter =>
            parameter.Role == BackwardRole.Input && parameter.Input == input.Name))?.Name;
        return !_returnsTensor ? "the result is a number"
            : Into is null ? "there is no Into, which could write the result again"
            : unread is not null ? $"the backward does not read '{unread}', which is not kept"
            : fleeting is not null ? $"'{fleeting}' is a span, which cannot be kept for it"
            : ReadsWhereTrained ? "the inputs are kept only where a layer is trained"
            : BackwardParameters.Any(parameter => parameter.Role == BackwardRole.Result) ? "the backward reads the result, which is kept for it"
            : null;
    }

    private void Share(string input, string backward)
    {
        int at = BackwardParameters.FindIndex(parameter => parameter is { Role: BackwardRole.InputGradient, IsNullable: true } && parameter.Input == input);
        if (at >= 0 && _returnsTensor)
        {
            BackwardParameters[at] = BackwardParameters[at] with { IsShared = true };
        }
        else
        {
            Fail(
                _returnsTensor ? $"SharesGradient names '{input}', but the backward has no parameter 'Tensor? grad{Naming.Capitalize(input)}'" : "SharesGradient is given, but the result is a number",
                BackwardSignature(backward));
        }
    }

    private DimensionRule? BindDimensions(string? text)
    {
        if (text is null)
        {
            return Into is not null && _returnsTensor && Shape is null && _operation.Parameters.FirstOrDefault(parameter => parameter.Type.IsTensor()) is { } input
                ? DimensionRule.Same(input.Name)
                : null;
        }

        const string Example = "Dimensions such as \"a [.., m, k], b [.., k, n] -> [.., m, n]\"";
        if (DimensionRule.Parse(text) is not { } rule)
        {
            Fail($"its Dimensions '{text}' cannot be read", Example);
            return null;
        }

        string? unknown = rule.Inputs.Select(input => input.Name).FirstOrDefault(name => !_operation.Parameters.Any(parameter => parameter.Name == name && parameter.Type.IsTensor()))
            ?? rule.Sizes.FirstOrDefault(size => !HasSize(size));
        if (unknown is not null)
        {
            Fail($"its Dimensions name '{unknown}', which it does not have", Example);
        }

        return rule;
    }

    // A size is a number, a letter of the rule's own, a property of the layer, or one of a parameter.
    private bool HasSize(string size)
    {
        string[] path = size.Split('.');
        ITypeSymbol? owner = path.Length == 2 ? _operation.Parameters.FirstOrDefault(parameter => parameter.Name == path[0])?.Type
            : char.IsUpper(size[0]) ? _operation.ContainingType
            : null;
        return path.Length == 1 && !char.IsUpper(size[0]) || owner?.GetMembers(path[path.Length - 1]).Any(member => member is IPropertySymbol) == true;
    }

    private string? BindShape(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (!Candidates(name).Any(method => Matches(method, _operation.Parameters.Length) && method.ReturnType.Is(KnownNames.TensorShape) && !method.IsGenericMethod))
        {
            Fail(
                $"no method '{name}' takes the operation's parameters", $"{Static()}TensorShape {name}({Parameters()})",
                Declare(name, "global::Lora.TensorShape", _operation.Parameters.Select(Declared)));
        }

        return name;
    }

    private string? BindInto(string? name)
    {
        if (name is null)
        {
            return null;
        }

        int extra = (_returnsTensor ? 1 : 0) + (Saves is null ? 0 : 1);
        IMethodSymbol? method = Candidates(name).FirstOrDefault(candidate =>
            Matches(candidate, _operation.Parameters.Length + extra)
            && candidate.Parameters.Skip(_operation.Parameters.Length).All(parameter => parameter.Type.IsTensor() && parameter.RefKind == RefKind.None)
            && (!candidate.IsGenericMethod || TakesOneRank(candidate))
            && (_returnsTensor ? candidate.ReturnsVoid : candidate.ReturnType.IsFloat()));
        if (method is null)
        {
            IEnumerable<string> parameters = _operation.Parameters.Select(Declared)
                .Concat(_returnsTensor ? [TensorType + " result"] : [])
                .Concat(Saves is null ? [] : [TensorType + " saved"]);
            Fail($"no method '{name}' fits", IntoSignature(name), Declare(name, _returnsTensor ? "void" : "float", parameters));
        }

        TakesRank = method is not null && TakesOneRank(method);
        return name;
    }

    private static bool TakesOneRank(IMethodSymbol method) =>
        method.TypeParameters.Length == 1 && method.TypeParameters[0].ConstraintTypes.Any(constraint => constraint.Is(KnownNames.Rank));

    private void BindBackward(string name, int reads)
    {
        Backward = name;
        IMethodSymbol[] candidates = [.. Candidates(name)];
        if (candidates.Length == 0)
        {
            Fail($"there is no {(_operation.IsStatic ? "static " : "")}method '{name}' in '{_declaring.Name}' that is as accessible as the operation", BackwardSignature(name), DeclareBackward(name, reads));
            return;
        }

        string? fault = null;
        foreach (IMethodSymbol candidate in candidates)
        {
            BackwardParameters.Clear();
            fault = Match(candidate, reads);
            if (fault is null)
            {
                return;
            }
        }

        Fail(fault!, BackwardSignature(name), Fix.Properties.IsEmpty ? DeclareBackward(name, reads) : Fix);
    }

    private string? Match(IMethodSymbol backward, int reads)
    {
        if (!backward.ReturnsVoid)
        {
            return $"'{backward.Name}' returns a value";
        }

        if (TakesRank ? !TakesOneRank(backward) : backward.IsGenericMethod)
        {
            return TakesRank ? $"'{backward.Name}' does not take the rank as its type parameter, as '{Into}' does" : $"'{backward.Name}' has type parameters";
        }

        foreach (IParameterSymbol parameter in backward.Parameters)
        {
            if (Role(parameter) is not { } role)
            {
                return $"the parameter '{parameter.Name}' of '{backward.Name}' is no parameter of the operation, nor 'result', 'saved', 'gradResult' or a gradient";
            }

            BackwardParameters.Add(role);
        }

        if (!BackwardParameters.Any(parameter => parameter.Role == BackwardRole.ResultGradient))
        {
            return $"'{backward.Name}' has no parameter 'gradResult'";
        }

        foreach (IParameterSymbol input in _operation.Parameters)
        {
            if (input.Type.IsTensor() && !input.Has(KnownNames.NoDerivative) && !HasGradientOf(input.Name))
            {
                return $"'{backward.Name}' has no parameter '{GradientName(input)}' for the tensor '{input.Name}', which is not marked [NoDerivative]";
            }
        }

        bool readsInputs = BackwardParameters.Any(parameter => parameter.Role == BackwardRole.Input
            && _operation.Parameters.Any(input => input.Name == parameter.Input && input.Type.IsTensor()));
        bool readsResult = BackwardParameters.Any(parameter => parameter.Role == BackwardRole.Result);
        if (readsInputs != ((reads & InputsRead) != 0) || readsResult != ((reads & ResultRead) != 0))
        {
            Fix = Fix.Of(Fix.Reads, (readsInputs, readsResult) switch { (true, true) => "Both", (true, false) => "Inputs", (false, true) => "Result", _ => "Nothing" });
            return $"Reads does not say what '{backward.Name}' takes";
        }

        return null;
    }

    private BackwardParameterIr? Role(IParameterSymbol parameter)
    {
        bool isNullable = parameter.NullableAnnotation == NullableAnnotation.Annotated;
        switch (parameter.RefKind == RefKind.None ? parameter.Name : "")
        {
            case "result" when _returnsTensor && parameter.Type.IsTensor():
                return new BackwardParameterIr(BackwardRole.Result, "", isNullable, false);
            case "saved" when Saves is not null && parameter.Type.IsTensor():
                return new BackwardParameterIr(BackwardRole.Saved, "", isNullable, false);
            case "gradResult" when _returnsTensor ? parameter.Type.IsTensor() : parameter.Type.IsFloat():
                return new BackwardParameterIr(BackwardRole.ResultGradient, "", isNullable, false);
        }

        foreach (IParameterSymbol input in _operation.Parameters)
        {
            if (parameter.Name == input.Name && parameter.RefKind is RefKind.None or RefKind.In && SymbolEqualityComparer.Default.Equals(parameter.Type, input.Type))
            {
                return new BackwardParameterIr(BackwardRole.Input, input.Name, isNullable, false);
            }

            if (parameter.Name == GradientName(input))
            {
                if (input.Type.IsTensor() && parameter.Type.IsTensor() && parameter.RefKind == RefKind.None)
                {
                    return new BackwardParameterIr(BackwardRole.InputGradient, input.Name, isNullable, false);
                }

                if (input.Type.IsFloat() && parameter.Type.IsFloat() && parameter.RefKind == RefKind.Ref)
                {
                    return new BackwardParameterIr(BackwardRole.InputGradient, input.Name, false, true);
                }
            }
        }

        return null;
    }

    private IEnumerable<IMethodSymbol> Candidates(string name) =>
        _declaring.GetMembers(name).OfType<IMethodSymbol>().Where(method => method.IsStatic == _operation.IsStatic && IsAsAccessible(method));

    // Whoever calls the operation calls its companions.
    private bool IsAsAccessible(IMethodSymbol method) => method.DeclaredAccessibility >= _operation.DeclaredAccessibility;

    private bool Matches(IMethodSymbol method, int count) =>
        method.Parameters.Length == count
        && _operation.Parameters.Select((parameter, i) => SymbolEqualityComparer.Default.Equals(parameter.Type, method.Parameters[i].Type)
            && method.Parameters[i].RefKind is RefKind.None or RefKind.In).All(isSame => isSame);

    private void Fail(string fault, string expected, Fix? fix = null)
    {
        Fix = Fault is null ? fix ?? Fix.None : Fix;
        Fault ??= fault;
        Expected = Expected.Length == 0 ? expected : Expected;
    }

    private Fix DeclareBackward(string name, int reads)
    {
        if (TakesRank)
        {
            return Fix.None;
        }

        IEnumerable<string> inputs = _operation.Parameters
            .Where(input => input.Type.IsTensor() ? (reads & InputsRead) != 0 : !input.Type.IsRefLikeType || input.Type.IsReadOnlySpanOfInt())
            .Select(Declared);
        IEnumerable<string> gradients = _operation.Parameters
            .Where(input => !input.Has(KnownNames.NoDerivative) && (input.Type.IsTensor() || input.Type.IsFloat()))
            .Select(input => $"{(input.Type.IsTensor() ? TensorType + "?" : "ref float")} {GradientName(input)}");
        return Declare(name, "void", inputs
            .Concat((reads & ResultRead) != 0 && _returnsTensor ? [TensorType + " result"] : [])
            .Concat(Saves is null ? [] : [TensorType + " saved"])
            .Append($"{(_returnsTensor ? TensorType : "float")} gradResult")
            .Concat(gradients));
    }

    // The declaration of a companion beside its operation. Another member of its name may stand in its way.
    private Fix Declare(string name, string type, IEnumerable<string> parameters)
    {
        string[] list = [.. parameters];
        bool isInTheWay = _declaring.GetMembers(name).Any(member => member is not IMethodSymbol method || method.Parameters.Length == list.Length);
        if (isInTheWay || !SyntaxFacts.IsValidIdentifier(name) || !SymbolEqualityComparer.Default.Equals(_declaring, _operation.ContainingType))
        {
            return Fix.None;
        }

        string access = SyntaxFacts.GetText(_operation.DeclaredAccessibility);
        string text = $"{access} {Static()}{type} {name}({string.Join(", ", list)})\n{{\nthrow new global::System.NotImplementedException();\n}}\n";
        return Fix.Of(Fix.Declaration, text).And(Fix.Name, name);
    }

    private static string Declared(IParameterSymbol parameter) =>
        $"{parameter.Type.ToSource()} {(SyntaxFacts.GetKeywordKind(parameter.Name) == SyntaxKind.None ? "" : "@")}{parameter.Name}";

    private static string GradientName(IParameterSymbol input) => "grad" + Naming.Capitalize(input.Name);

    private string Static() => _operation.IsStatic ? "static " : "";

    private string Parameters() => string.Join(", ", _operation.Parameters.Select(Parameter));

    private string IntoSignature(string name = "Into")
    {
        IEnumerable<string> parameters = _operation.Parameters.Select(Parameter);
        if (_returnsTensor)
        {
            parameters = parameters.Append("Tensor result");
        }

        if (Saves is not null)
        {
            parameters = parameters.Append("Tensor saved");
        }

        return $"{Static()}{(_returnsTensor ? "void" : "float")} {name}({string.Join(", ", parameters)})";
    }

    private string BackwardSignature(string name)
    {
        IEnumerable<string> parameters = _operation.Parameters.Select(Parameter)
            .Append(_returnsTensor ? "Tensor gradResult" : "float gradResult")
            .Concat(_operation.Parameters.Where(input => input.Type.IsTensor() && !input.Has(KnownNames.NoDerivative)).Select(input => $"Tensor? {GradientName(input)}"));
        return $"{Static()}void {name}({string.Join(", ", parameters)}), without the inputs that it does not read";
    }

    private static string Parameter(IParameterSymbol parameter) =>
        $"{parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)} {parameter.Name}";
}
