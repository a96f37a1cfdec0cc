using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>
/// Reads the body of a <c>[Differentiable]</c> method and lowers it to values. What it does not know is a diagnostic at the construct:
/// there is no construct that it passes over.
/// </summary>
internal sealed partial class BodyLowering
{
    // The names of what generated methods declare for themselves.
    private static readonly string[] _ownNames = ["saved", "work", "gradResult", "iteration", "iteration2", "iteration3"];

    // The name wanted for a value that the user's body gives none.
    private const string Unnamed = "";

    private readonly SourceReader _sources;
    private readonly SemanticModel _model;
    private readonly IMethodSymbol _method;
    private readonly IDiagnosticSink _sink;
    private readonly CancellationToken _cancellation;
    private readonly PlainCode _plain;
    private readonly CallOrigins? _origins;
    private readonly List<ValueIr> _values = [];
    private readonly HashSet<string> _names;
    private readonly Dictionary<ISymbol, int> _current = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, string> _plainNames = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _variables = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _numbers = new(SymbolEqualityComparer.Default);
    private readonly HashSet<int> _constants = [];
    private readonly HashSet<int> _fed = [];
    private readonly Dictionary<IOperation, string> _held = [];
    private readonly SortedSet<string> _privateTypes = new(StringComparer.Ordinal);
    private List<StatementIr> _statements = [];
    private string? _source;
    private bool _hasFaults;
    private int _loopDepth;

    private BodyLowering(SourceReader sources, SemanticModel model, IMethodSymbol method, IDiagnosticSink sink, CallOrigins? origins, CancellationToken cancellation)
    {
        _origins = origins;
        _sources = sources;
        _model = model;
        _method = method;
        _sink = sink;
        _cancellation = cancellation;
        _plain = new PlainCode(model, NameOf);
        _names = [.. ReservedNames(method)];
    }

    /// <summary>Lowers a method. Analyzers that must know what each call was in the user's code pass <paramref name="origins"/>.</summary>
    public static MethodIr Lower(
        SourceReader sources, IMethodSymbol method, SyntaxNode declaration, IDiagnosticSink sink, CancellationToken cancellation, CallOrigins? origins = null)
    {
        var lowering = new BodyLowering(sources, sources.Model(declaration.SyntaxTree), method, sink, origins, cancellation);
        EquatableArray<ParameterIr> parameters = lowering.LowerParameters();
        BlockIr? body = lowering.LowerBody(declaration);
        var lowered = new MethodIr(
            Naming.Escape(method.PlainName()),
            AccessibilityOf(method),
            method.IsStatic,
            HasRoot: !method.IsStatic && !method.Parameters.Any(parameter => parameter.RefKind != RefKind.None),
            method.ReturnType.IsTensor(),
            method.Attribute(KnownNames.Differentiable)?.Argument("Checkpoint") is true,
            method.SavedTypeName(),
            TypeParametersOf(method),
            parameters,
            lowering._values.ToEquatableArray(),
            lowering._privateTypes.ToEquatableArray(),
            lowering._hasFaults ? null : body);
        if (!GeneratedNames.AreFree(method.PartialDefinitionPart ?? method))
        {
            return lowered with { Body = null };
        }

        if (sink is not NullSink && lowered.Body is not null && new MethodPlan(lowered).IsConstant)
        {
            sink.Report(Descriptors.Constant, LocationOf(method), method.Name);
        }

        return lowered;
    }

    private static string AccessibilityOf(IMethodSymbol method) => method.MethodKind == MethodKind.ExplicitInterfaceImplementation ? "private" : SyntaxFacts.GetText(method.DeclaredAccessibility);

    private static string TypeParametersOf(IMethodSymbol method) =>
        method.TypeParameters.IsEmpty ? "" : $"<{string.Join(", ", method.TypeParameters.Select(parameter => Naming.Escape(parameter.Name)))}>";

    // Names that a generated local must not take: it would hide what the body means.
    private static IEnumerable<string> ReservedNames(IMethodSymbol method)
    {
        foreach (string name in _ownNames)
        {
            yield return name;
        }

        for (INamedTypeSymbol? type = method.ContainingType; type is not null; type = type.ContainingType)
        {
            for (INamedTypeSymbol? current = type; current is not null; current = current.BaseType)
            {
                foreach (string name in current.MemberNames)
                {
                    yield return name;
                }
            }

            foreach (IMethodSymbol constructor in type.InstanceConstructors)
            {
                foreach (IParameterSymbol parameter in constructor.Parameters)
                {
                    yield return parameter.Name;
                }
            }
        }
    }

    private EquatableArray<ParameterIr> LowerParameters()
    {
        var parameters = new List<ParameterIr>();
        foreach (IParameterSymbol parameter in _method.Parameters)
        {
            bool isConstant = parameter.Has(KnownNames.NoDerivative);
            string name = ParameterName(parameter.Name);
            bool isByValue = parameter.RefKind is RefKind.None or RefKind.In && !(parameter.IsParams && parameter.Type.SequenceItem().IsTensor());
            if (!isByValue)
            {
                Fault(Descriptors.NotDifferentiable, LocationOf(parameter), parameter.Name, "a parameter is passed by value", "Return what it would carry out");
            }

            if (parameter.Type.IsTensor())
            {
                bool isNullable = parameter.NullableAnnotation == NullableAnnotation.Annotated;
                _values.Add(new ValueIr(name, IsTensor: true, IsVariable: false, isNullable, IsParameter: true));
                _current[parameter] = _values.Count - 1;
                parameters.Add(new ParameterIr(name, parameter.Type.ToSource(), DefaultOf(parameter), ParameterKind.Tensor, !isConstant, _values.Count - 1));
                continue;
            }

            if (isByValue && !parameter.Type.IsReadOnlySpanOfInt() && !IsConstantKind(parameter.Type) && !(isConstant || parameter.Type.IsFloat()))
            {
                Fault(
                    Descriptors.NotDifferentiable, LocationOf(parameter), Fix.Of(Fix.NoDerivative), parameter.Name,
                    $"its type '{parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}' is neither differentiable nor a constant kind",
                    "Mark the parameter [NoDerivative], or pass tensors, numbers, enums, strings, int[] or ReadOnlySpan<int>");
            }

            _plainNames[parameter] = name;
            parameters.Add(new ParameterIr(
                name, Saved(parameter.Type, parameter.Type.ToSource()), DefaultOf(parameter), parameter.Type.IsReadOnlySpanOfInt() ? ParameterKind.Indices : ParameterKind.Plain, false, OperandIr.None));
        }

        return parameters.ToEquatableArray();
    }

    // The text of a type that may be saved; one that an internal field cannot name is noted.
    private string Saved(ITypeSymbol type, string text)
    {
        if (!type.IsVisibleInAssembly())
        {
            _privateTypes.Add(text);
        }

        return text;
    }

    private static string? DefaultOf(IParameterSymbol parameter) => parameter.HasExplicitDefaultValue ? DefaultText(parameter) : null;

    private static bool IsConstantKind(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Enum
        || type.SpecialType is (>= SpecialType.System_Boolean and <= SpecialType.System_UInt64) or SpecialType.System_String
        || type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Int32 }
        || (type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T && IsConstantKind(((INamedTypeSymbol)type).TypeArguments[0]))
        || type.IsLayer() || type.IsModel() || type.Is(KnownNames.RandomKey);

    private BlockIr? LowerBody(SyntaxNode declaration)
    {
        if (!_method.ReturnType.IsTensor() && !_method.ReturnType.IsFloat())
        {
            Fault(
                Descriptors.NotDifferentiable, LocationOf(_method), _method.Name,
                $"it returns '{_method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}'", "Return Tensor, or float for a loss");
            return null;
        }

        bool isExplicit = _method.MethodKind == MethodKind.ExplicitInterfaceImplementation;
        if (isExplicit || _method.IsGenericMethod || _method.IsAsync || _method.IsAbstract || _method.IsVirtual || _method.IsOverride)
        {
            string reason = isExplicit ? "it implements an interface explicitly, so that it has no name of its own"
                : _method.IsGenericMethod ? "it has type parameters of its own"
                : _method.IsAsync ? "it is async"
                : "it is virtual, abstract or an override, so that its body is not known at build time";
            Fault(Descriptors.Dispatch, LocationOf(_method), _method.Name, reason, "Write an ordinary method");
            return null;
        }

        if (_model.GetOperation(declaration, _cancellation) is not IMethodBodyOperation body)
        {
            Fault(Descriptors.Unsupported, LocationOf(_method), $"'{_method.Name}'", "It has no body");
            return null;
        }

        IBlockOperation? block = body.BlockBody ?? body.ExpressionBody;
        if (block is null)
        {
            Fault(Descriptors.Unsupported, LocationOf(_method), $"'{_method.Name}'", "It has no body");
            return null;
        }

        FindVariables(block);
        PromoteParameters();
        LowerStatements(block.Operations);
        return new BlockIr(_statements.ToEquatableArray());
    }

    // A parameter that a nested region assigns is a variable; a number that the body makes depend on tensor data is one of its own.
    private void PromoteParameters()
    {
        foreach (IParameterSymbol parameter in _method.Parameters)
        {
            if (_numbers.Contains(parameter))
            {
                _variables.Add(parameter);
                _current[parameter] = NewValue(parameter.Name, isTensor: false, isVariable: true);
                Emit(new AssignIr(_current[parameter], OperandIr.Of(_plainNames[parameter], isStable: true), Declares: true));
                _plainNames.Remove(parameter);
            }

            if (_variables.Contains(parameter) && _current.TryGetValue(parameter, out int value))
            {
                _values[value] = _values[value] with { IsVariable = true };
            }
        }
    }

    // A local is a variable if a loop or branch assigns it that its declaration does not stand in. A float is a number
    // of the differentiation if anything that is assigned to it depends on tensor data.
    private void FindVariables(IOperation body)
    {
        var assignments = new List<(ISymbol Target, IOperation Assignment, IOperation? Value)>();
        foreach (IOperation operation in body.DescendantsAndSelf())
        {
            switch (operation)
            {
                case IVariableDeclaratorOperation declarator:
                    assignments.Add((declarator.Symbol, declarator, declarator.GetVariableInitializer()?.Value));
                    break;
                case ISimpleAssignmentOperation { Target: ILocalReferenceOperation or IParameterReferenceOperation } assignment:
                    assignments.Add((SymbolOf(assignment.Target)!, assignment, assignment.Value));
                    break;
                case ICompoundAssignmentOperation { Target: ILocalReferenceOperation or IParameterReferenceOperation } assignment:
                    assignments.Add((SymbolOf(assignment.Target)!, assignment, assignment.Value));
                    break;
            }
        }

        var declarations = new Dictionary<ISymbol, IOperation?>(SymbolEqualityComparer.Default);
        foreach ((ISymbol target, IOperation assignment, _) in assignments)
        {
            if (assignment is IVariableDeclaratorOperation)
            {
                declarations[target] = RegionOf(assignment);
            }
        }

        foreach ((ISymbol target, IOperation assignment, _) in assignments)
        {
            IOperation? declared = declarations.TryGetValue(target, out IOperation? region) ? region : null;
            if (assignment is not IVariableDeclaratorOperation && !ReferenceEquals(RegionOf(assignment), declared))
            {
                _variables.Add(target);
            }
        }

        bool hasChanged = true;
        while (hasChanged)
        {
            hasChanged = false;
            foreach ((ISymbol target, _, IOperation? value) in assignments)
            {
                ITypeSymbol? type = target is ILocalSymbol local ? local.Type : target is IParameterSymbol parameter && !IsCaptured(parameter) ? parameter.Type : null;
                if (type.IsFloat() && value is not null && !_numbers.Contains(target) && FindData(value) is not null)
                {
                    hasChanged = _numbers.Add(target);
                }
            }
        }
    }

    // The innermost branch or loop around an operation. Both sides of a branch are regions of their own, but a local declared
    // in one cannot be seen in the other, so that the branch itself tells them apart well enough.
    private static IOperation? RegionOf(IOperation operation)
    {
        for (IOperation? current = operation; current.Parent is not null; current = current.Parent)
        {
            if (current.Parent is ILoopOperation or IConditionalOperation)
            {
                return current;
            }
        }

        return null;
    }

    private static ISymbol? SymbolOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        _ => null,
    };

    private string? NameOf(ISymbol symbol)
    {
        if (_plainNames.TryGetValue(symbol, out string? name))
        {
            return name;
        }

        if (_current.TryGetValue(symbol, out int value))
        {
            return _values[value].Name;
        }

        if (symbol is ILocalSymbol local && !_numbers.Contains(local) && !local.Type.IsTensor())
        {
            return _plainNames[symbol] = UniqueName(local.Name);
        }

        return null;
    }

    // A parameter hides a member of its name in the user's body as well as in the generated one.
    private string ParameterName(string wanted)
    {
        if (_ownNames.Contains(wanted))
        {
            return UniqueName(wanted);
        }

        _names.Add(wanted);
        return Naming.Escape(wanted);
    }

    private string UniqueName(string wanted)
    {
        string name = wanted;
        for (int i = 2; !_names.Add(name); i++)
        {
            name = wanted + i;
        }

        return Naming.Escape(name);
    }

    private int NewValue(string name, bool isTensor, bool isVariable = false, bool isNullable = false)
    {
        _values.Add(new ValueIr(UniqueName(name), isTensor, isVariable, isNullable, IsParameter: false));
        return _values.Count - 1;
    }

    private void Emit(StatementIr statement)
    {
        if (statement is ConstantIr constant)
        {
            _constants.Add(constant.Result);
        }
        else if (statement is AssignIr { From: { IsValue: true } source } assignment && MayNeedGradient(source.Value))
        {
            _fed.Add(assignment.Variable);
        }
        else if (statement is CallIr { Callee: OperationIr { Receiver: null } } call
            && call.Arguments.All(argument => argument.Trainability is null && !(argument.IsValue && MayNeedGradient(argument.Value))))
        {
            _constants.Add(call.Result);
        }

        _statements.Add(statement with { Source = _source });
        _source = null;
    }

    private BlockIr Nested(Action lower)
    {
        List<StatementIr> outer = _statements;
        var current = new Dictionary<ISymbol, int>(_current, SymbolEqualityComparer.Default);
        _statements = [];
        lower();
        var block = new BlockIr(_statements.ToEquatableArray());
        _statements = outer;
        foreach (KeyValuePair<ISymbol, int> binding in current)
        {
            _current[binding.Key] = binding.Value;
        }

        return block;
    }

    private void Fault(DiagnosticDescriptor descriptor, Location location, params object[] arguments) => Fault(descriptor, location, Fix.None, arguments);

    private void Fault(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments)
    {
        _hasFaults = true;
        _sink.Report(descriptor, location, fix, arguments);
    }

    private void Fault(DiagnosticDescriptor descriptor, IOperation operation, params object[] arguments) =>
        Fault(descriptor, operation.Syntax.GetLocation(), arguments);

    private void Fault(DiagnosticDescriptor descriptor, IOperation operation, Fix fix, params object[] arguments) =>
        Fault(descriptor, operation.Syntax.GetLocation(), fix, arguments);

    private static Location LocationOf(ISymbol symbol) => symbol.Locations.FirstOrDefault() ?? Location.None;

    private static string Quote(SyntaxNode node)
    {
        string text = node.ToString();
        int end = text.IndexOfAny(['\r', '\n']);
        text = (end < 0 ? text : text.Substring(0, end) + " …").Trim();
        return $"'{(text.Length > 60 ? text.Substring(0, 60) + "…" : text)}'";
    }
}
