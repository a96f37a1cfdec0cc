using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>
/// What is known of the values in one class: in general, where a constructor's parameter is a symbol of its name, or of an instance that was
/// made with known arguments. What may change, or is not understood, is not known.
/// </summary>
internal sealed class ClassScope
{
    private const int MaxDepth = 12;

    private readonly INamedTypeSymbol _type;
    private readonly SourceReader _sources;
    private readonly CancellationToken _cancellation;
    private readonly Definitions _definitions;
    private readonly int _depth;
    private readonly List<(IMethodSymbol Constructor, ImmutableDictionary<string, Known> Arguments)> _chain = [];
    private readonly Dictionary<ISymbol, Known?> _members = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<ISymbol, Known?> _items = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<(string Label, Instance Instance), ClassScope> _inner = [];

    private ClassScope(INamedTypeSymbol type, Definitions definitions, SourceReader sources, string? label, int depth, CancellationToken cancellation)
    {
        _type = type;
        _sources = sources;
        _cancellation = cancellation;
        _definitions = definitions;
        _depth = depth;
        Label = label;
    }

    /// <summary>What the instance is called in the class that is checked; null for that class itself.</summary>
    public string? Label { get; }

    public INamedTypeSymbol Type => _type;

    public Definitions Definitions => _definitions;

    /// <summary>A class in general.</summary>
    public static ClassScope Of(INamedTypeSymbol type, SourceReader sources, CancellationToken cancellation) =>
        new(type, new Definitions(type, sources, cancellation), sources, null, 0, cancellation);

    /// <summary>The class of an instance that this one has under a name; null where it stands in another assembly.</summary>
    public ClassScope? Within(Instance instance, string label)
    {
        INamedTypeSymbol type = instance.Type.OriginalDefinition;
        if (_depth >= MaxDepth || type.DeclaringSyntaxReferences.IsEmpty || !_sources.Contains(type.DeclaringSyntaxReferences[0].SyntaxTree))
        {
            return null;
        }

        if (!_inner.TryGetValue((label, instance), out ClassScope? scope))
        {
            string path = Label is null ? label : $"{label} of {Label}";
            scope = new ClassScope(type, new Definitions(type, _sources, _cancellation), _sources, path, _depth + 1, _cancellation);
            scope.Enter(instance.Constructor.OriginalDefinition, instance.Arguments);
            _inner[(label, instance)] = scope;
        }

        return scope;
    }

    /// <summary>What is known of an expression in the class.</summary>
    public Known? Evaluate(IOperation? operation)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (operation?.ConstantValue is { HasValue: true, Value: int constant })
        {
            return new Number(Polynomial.Of(constant), Words(operation));
        }

        switch (operation)
        {
            case IParenthesizedOperation parenthesized:
                return Evaluate(parenthesized.Operand);
            case IConversionOperation { OperatorMethod: null } conversion when !conversion.Type.IsFloat() && conversion.Type?.SpecialType != SpecialType.System_Double:
                return Evaluate(conversion.Operand);
            case IParameterReferenceOperation { Parameter: var parameter }:
                return Parameter(parameter);
            case ILocalReferenceOperation { Local: var local }:
                return Local(local);
            case IFieldReferenceOperation { Field: var field } reference:
                return Member(field, reference.Instance);
            case IPropertyReferenceOperation { Property.IsIndexer: false, Property: var property } reference:
                return Member(property, reference.Instance);
            case IPropertyReferenceOperation { Instance: { } list }:
                return Item(list);
            case IArrayElementReferenceOperation element:
                return Item(element.ArrayReference);
            case IImplicitIndexerReferenceOperation element:
                return Item(element.Instance);
            case IObjectCreationOperation { Constructor: { } constructor } creation:
                return new Instance(constructor, Arguments(creation), creation.Syntax);
            case IConditionalOperation { WhenFalse: { } whenFalse } conditional:
                return Either(conditional.WhenTrue, whenFalse);
            case ICoalesceOperation coalesce:
                return Either(coalesce.Value, coalesce.WhenNull);
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Minus } unary:
                return Arithmetic(operation, Polynomial.Multiply(Value(unary.Operand), Polynomial.Of(-1)));
            case IBinaryOperation { OperatorMethod: null } binary:
                return Arithmetic(binary);
            default:
                return null;
        }
    }

    /// <summary>What is known of the items of a collection.</summary>
    public Known? Item(IOperation collection) => Items(collection) is { } items ? Join(items) : null;

    /// <summary>What is known of a member of the class, or of the items that it holds.</summary>
    public Known? OfMember(ISymbol member, bool isCollection) => !IsSettled(member) ? null : isCollection ? ItemOf(member) : Defined(member);

    /// <summary>What an instance shows under the name of a property, by its constructor's parameter or by its class.</summary>
    public Known? Property(Instance instance, string name, string label)
    {
        if (instance.Argument(name) is { } argument && instance.Type.DeclaringSyntaxReferences.IsEmpty)
        {
            return argument;
        }

        return Within(instance, label) is { } inner && inner._type.GetMembers(name).FirstOrDefault() is { } member && IsSettled(member) ? inner.Defined(member) : null;
    }

    private void Enter(IMethodSymbol constructor, ImmutableDictionary<string, Known> arguments)
    {
        _chain.Add((constructor, arguments));
        SyntaxNode? declaration = constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(_cancellation);
        if (declaration is ConstructorDeclarationSyntax { Initializer: { } initializer } && _chain.Count < MaxDepth
            && _definitions.Operation(initializer) is IInvocationOperation { TargetMethod: var next } call
            && SymbolEqualityComparer.Default.Equals(next.ContainingType.OriginalDefinition, _type))
        {
            Enter(next.OriginalDefinition, Arguments(call.Arguments, next));
        }
    }

    private ImmutableDictionary<string, Known> Arguments(IObjectCreationOperation creation) => Arguments(creation.Arguments, creation.Constructor!);

    private ImmutableDictionary<string, Known> Arguments(ImmutableArray<IArgumentOperation> given, IMethodSymbol constructor)
    {
        ImmutableDictionary<string, Known> arguments = ImmutableDictionary<string, Known>.Empty;
        foreach (IArgumentOperation argument in given)
        {
            if (argument.Parameter is { } parameter && Evaluate(argument.Value) is { } known)
            {
                arguments = arguments.SetItem(parameter.Name, argument.IsImplicit && known is Number number ? number with { Words = null } : known);
            }
        }

        return arguments;
    }

    private Known? Parameter(IParameterSymbol parameter)
    {
        if (parameter.ContainingSymbol is not IMethodSymbol { MethodKind: MethodKind.Constructor } constructor
            || !SymbolEqualityComparer.Default.Equals(constructor.ContainingType.OriginalDefinition, _type) || _definitions.Of(parameter).Count > 0)
        {
            return null;
        }

        if (_chain.Count == 0)
        {
            return parameter.Type.SpecialType == SpecialType.System_Int32 ? new Number(Polynomial.Of(new Symbol(parameter.Name)))
                : parameter.Type.IsReferenceType ? new Handle(parameter.Name)
                : null;
        }

        return _chain.FirstOrDefault(link => SymbolEqualityComparer.Default.Equals(link.Constructor, constructor.OriginalDefinition)).Arguments?.TryGetValue(parameter.Name, out Known? bound) == true
            ? bound : null;
    }

    private Known? Local(ILocalSymbol local)
    {
        List<Definition> definitions = _definitions.Of(local);
        if (definitions is [{ IsItem: false, Value: { } value }])
        {
            return Reword(Evaluate(value), local.Name);
        }

        return definitions.Count == 0 && local.DeclaringSyntaxReferences is [{ } reference] && reference.GetSyntax(_cancellation) is ForEachStatementSyntax loop
            && _definitions.Operation(loop) is IForEachLoopOperation { Collection: var collection }
            ? Item(collection) : null;
    }

    private Known? Member(ISymbol member, IOperation? instance)
    {
        if (instance is null or IInstanceReferenceOperation)
        {
            return SymbolEqualityComparer.Default.Equals(member.ContainingType.OriginalDefinition, _type) && IsSettled(member) ? Reword(Defined(member.OriginalDefinition), member.Name) : null;
        }

        return Evaluate(instance) switch
        {
            Instance made => Property(made, member.Name, $"'{instance.Syntax}'"),
            Handle handle when IsFixed(member) => OfHandle(handle, member),
            _ => null,
        };
    }

    private static Known? OfHandle(Handle handle, ISymbol member)
    {
        ITypeSymbol type = member is IFieldSymbol field ? field.Type : ((IPropertySymbol)member).Type;
        string path = $"{handle.Path}.{member.Name}";
        return type.SpecialType == SpecialType.System_Int32 ? new Number(Polynomial.Of(new Symbol(path))) : type.IsReferenceType ? new Handle(path) : null;
    }

    // Whether a member of an object stays as it was made: it can be set by nobody later, and is not computed.
    private static bool IsFixed(ISymbol member) => member switch
    {
        IFieldSymbol field => field.IsReadOnly,
        IPropertySymbol { SetMethod.IsInitOnly: true } => true,
        IPropertySymbol { SetMethod: null } property => IsStored(property),
        _ => false,
    };

    private static bool IsStored(IPropertySymbol property) =>
        property.ContainingType.GetMembers().Any(member => member is IFieldSymbol field && SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    // Whether the class itself has every definition of a member.
    private static bool IsSettled(ISymbol member) => member switch
    {
        IFieldSymbol field => field.IsReadOnly || field.IsConst || field.DeclaredAccessibility == Accessibility.Private,
        IPropertySymbol { IsPartialDefinition: false } property => property.SetMethod is null or { DeclaredAccessibility: Accessibility.Private, IsInitOnly: false },
        _ => false,
    };

    private Known? Defined(ISymbol member)
    {
        if (_members.TryGetValue(member, out Known? known))
        {
            return known;
        }

        _members[member] = null;
        List<Definition> definitions = [.. _definitions.Of(member).Where(Runs)];
        bool isNumber = member is IFieldSymbol { Type.IsValueType: true } or IPropertySymbol { Type.IsValueType: true };
        if (!definitions.Any(definition => definition.Value is null || definition.IsItem || (isNumber && definition.IsConditional)))
        {
            known = Join([.. definitions.Where(definition => !IsNull(definition.Value!)).Select(definition => Evaluate(definition.Value))]);
        }

        return _members[member] = known;
    }

    private Known? ItemOf(ISymbol collection)
    {
        if (_items.TryGetValue(collection, out Known? known))
        {
            return known;
        }

        _items[collection] = null;
        var items = new List<Known?>();
        foreach (Definition definition in _definitions.Of(collection.OriginalDefinition).Where(Runs))
        {
            if (definition.Value is null)
            {
                items.Add(null);
            }
            else if (definition.IsItem)
            {
                items.Add(Evaluate(definition.Value));
            }
            else
            {
                items.AddRange(Items(definition.Value) ?? [null]);
            }
        }

        return _items[collection] = Join(items);
    }

    // Whether a definition belongs to the constructors that made the instance.
    private bool Runs(Definition definition) =>
        definition.Constructor is null || _chain.Count == 0 || _chain.Any(link => SymbolEqualityComparer.Default.Equals(link.Constructor, definition.Constructor));

    // The items that a collection has; null where that cannot be said.
    private List<Known?>? Items(IOperation collection)
    {
        collection = Unwrap(collection);
        switch (collection)
        {
            case ICollectionExpressionOperation expression:
                return [.. expression.Elements.SelectMany(element => element is ISpreadOperation spread ? Items(spread.Operand) ?? [null] : [Evaluate(element)])];
            case IArrayCreationOperation array:
                return [.. (array.Initializer?.ElementValues ?? []).Select(Evaluate)];
            case IObjectCreationOperation { Initializer: null, Arguments: var given } when given.All(argument => argument.Value.Type?.SpecialType == SpecialType.System_Int32):
                return [];
            case IObjectCreationOperation { Initializer: { } initializer, Arguments.IsEmpty: true }:
                return [.. initializer.Initializers.Select(added => added is IInvocationOperation { Arguments: [var item] } ? Evaluate(item.Value) : null)];
            case ILocalReferenceOperation { Local: var local }:
                return [ItemOf(local)];
            case IFieldReferenceOperation { Instance: IInstanceReferenceOperation, Field: var field } when IsSettled(field):
                return [ItemOf(field)];
            case IPropertyReferenceOperation { Instance: IInstanceReferenceOperation, Property: { IsIndexer: false } property } when IsSettled(property):
                return [ItemOf(property)];
            case IInvocationOperation call when call.Type?.SequenceItem() is { } item:
                return ItemsOfCall(call, item);
            default:
                return IsNull(collection) ? [] : null;
        }
    }

    // Enumerable.Range(0, n).Select(_ => new Block(dim)).ToArray(), Enumerable.Repeat(block, n)
    private List<Known?>? ItemsOfCall(IInvocationOperation call, ITypeSymbol item)
    {
        var items = new List<Known?>();
        foreach (IArgumentOperation argument in call.Arguments)
        {
            IOperation value = Unwrap(argument.Value);
            if (value is IDelegateCreationOperation { Target: IAnonymousFunctionOperation function })
            {
                items.AddRange(function.Body.Descendants().OfType<IReturnOperation>().Where(returned => returned.ReturnedValue is not null).Select(returned => Evaluate(returned.ReturnedValue)));
            }
            else if (SymbolEqualityComparer.Default.Equals(value.Type, item))
            {
                items.Add(Evaluate(value));
            }
            else if (SymbolEqualityComparer.Default.Equals(value.Type?.SequenceItem(), item))
            {
                items.AddRange(Items(value) ?? [null]);
            }
        }

        return items.Count == 0 ? null : items;
    }

    private Known? Either(IOperation a, IOperation b) => IsNull(a) ? Evaluate(b) : IsNull(b) ? Evaluate(a) : Known.Join(Evaluate(a), Evaluate(b));

    private Known? Arithmetic(IBinaryOperation binary) => Arithmetic(binary, binary.OperatorKind switch
    {
        BinaryOperatorKind.Add => Polynomial.Add(Value(binary.LeftOperand), Value(binary.RightOperand)),
        BinaryOperatorKind.Subtract => Polynomial.Subtract(Value(binary.LeftOperand), Value(binary.RightOperand)),
        BinaryOperatorKind.Multiply => Polynomial.Multiply(Value(binary.LeftOperand), Value(binary.RightOperand)),
        BinaryOperatorKind.Divide => Polynomial.Divide(Value(binary.LeftOperand), Value(binary.RightOperand)),
        BinaryOperatorKind.LeftShift when Value(binary.RightOperand)?.Constant is >= 0 and < 31 and var bits => Polynomial.Multiply(Value(binary.LeftOperand), Polynomial.Of(1L << (int)bits)),
        _ => null,
    });

    private Number? Arithmetic(IOperation operation, Polynomial? value) => value is null ? null : new Number(value, Words(operation));

    private Polynomial? Value(IOperation operation) => Evaluate(operation) is Number number ? number.Value : null;

    // A constant is what the user calls it.
    private Known? Reword(Known? known, string name) => known is Number { Value.Constant: not null } number && Label is null ? number with { Words = name } : known;

    private string? Words(IOperation operation) => Label is null ? Lines.Collapse(operation.Syntax.ToString()) : null;

    private static Known? Join(IReadOnlyList<Known?> all) => all.Count == 0 ? null : all.Aggregate(Known.Join);

    private static bool IsNull(IOperation operation) => operation is { ConstantValue: { HasValue: true, Value: null } } or IConversionOperation { Operand.ConstantValue: { HasValue: true, Value: null } };

    private static IOperation Unwrap(IOperation operation)
    {
        while (operation is IConversionOperation { OperatorMethod: null } or IParenthesizedOperation)
        {
            operation = operation is IConversionOperation conversion ? conversion.Operand : ((IParenthesizedOperation)operation).Operand;
        }

        return operation;
    }
}
