using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>What depends on tensor data, and what is plain code.</summary>
internal sealed partial class BodyLowering
{
    private const string OutsideHint = "Ask for it outside the method";

    /// <summary>The first part of an expression that depends on tensor data, or null.</summary>
    private IOperation? FindData(IOperation operation)
    {
        switch (operation)
        {
            case ILocalReferenceOperation local:
                return local.Local.Type.IsTensor() || _numbers.Contains(local.Local) ? operation : null;
            case IParameterReferenceOperation parameter:
                return (parameter.Parameter.Type.IsTensor() || _numbers.Contains(parameter.Parameter)) && !IsCaptured(parameter.Parameter) ? operation : null;
            case IPropertyReferenceOperation { Instance: { } instance } property when property.Property.Has(KnownNames.NoDerivative) && SymbolOf(instance) is not null:
                return property.Arguments.Select(argument => FindData(argument)).FirstOrDefault(data => data is not null);
            case IInvocationOperation call when call.TargetMethod.OriginalDefinition.Has(KnownNames.NoDerivative):
                return null;
            case IInvocationOperation call when IsDifferentiable(call.TargetMethod):
                return operation;
            case IMethodReferenceOperation { Method: var group } when IsDifferentiable(group):
                return operation;
            case IBinaryOperation { OperatorMethod: { } method } when IsDifferentiable(method):
                return operation;
            case IUnaryOperation { OperatorMethod: { } method } when IsDifferentiable(method):
                return operation;
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals, OperatorMethod: null } comparison
                when IsNull(comparison.RightOperand) && SymbolOf(Unwrap(comparison.LeftOperand)) is not null:
                return null;
            case IIsPatternOperation pattern when SymbolOf(Unwrap(pattern.Value)) is not null && IsNullPattern(pattern.Pattern):
                return null;
            case INameOfOperation:
                return null;
        }

        foreach (IOperation child in operation.ChildOperations)
        {
            if (FindData(child) is { } data)
            {
                return data;
            }
        }

        return null;
    }

    private static bool IsDifferentiable(IMethodSymbol method) =>
        method.OriginalDefinition.Has(KnownNames.Derivative) || method.OriginalDefinition.Has(KnownNames.Differentiable);

    // A parameter of the primary constructor: a field, in all but name.
    private static bool IsCaptured(IParameterSymbol parameter) => parameter.ContainingSymbol is IMethodSymbol { MethodKind: MethodKind.Constructor };

    private static bool IsNull(IOperation operation) => Unwrap(operation) is ILiteralOperation { ConstantValue: { HasValue: true, Value: null } } or IDefaultValueOperation;

    private static bool IsNullPattern(IPatternOperation pattern) => pattern switch
    {
        IConstantPatternOperation constant => IsNull(constant.Value),
        INegatedPatternOperation negated => IsNullPattern(negated.Pattern),
        IRecursivePatternOperation { DeclaredSymbol: null, DeconstructionSubpatterns: [], PropertySubpatterns: [] } => true,
        _ => false,
    };

    private static IOperation Unwrap(IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case IConversionOperation { OperatorMethod: null, Operand: IDefaultValueOperation } conversion:
                    operation = conversion.Operand;
                    break;
                case IConversionOperation { OperatorMethod: null, Conversion: { IsIdentity: true } or { IsReference: true } or { IsNullable: true } } conversion
                    when !conversion.Type.IsTensor() || conversion.Operand.Type is not { } from || from.IsTensor():
                    operation = conversion.Operand;
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>The text of an expression that must not depend on tensor data; <paramref name="where"/> names it in the diagnostic.</summary>
    private string? Plain(IOperation operation, string where)
    {
        if (FindData(operation) is null)
        {
            return PlainText(operation);
        }

        foreach (IOperation data in FindAllData(operation))
        {
            Fault(Descriptors.DataDependent, data, StopFix(data), where, NameData(data));
        }

        return null;
    }

    private IEnumerable<IOperation> FindAllData(IOperation operation)
    {
        // What is assigned there has its data from elsewhere in the expression.
        if (operation is IDeclarationExpressionOperation)
        {
            return [];
        }

        if (operation is ISimpleAssignmentOperation assignment)
        {
            return FindAllData(assignment.Value);
        }

        IOperation? first = FindData(operation);
        if (first is null || first == operation)
        {
            return first is null ? [] : [first];
        }

        IOperation[] inParts = [.. operation.ChildOperations.SelectMany(FindAllData)];
        return operation is IPropertyReferenceOperation { Instance: { } instance } property && property.Property.Has(KnownNames.NoDerivative) && SymbolOf(instance) is not null
            ? inParts.Where(data => data != instance)
            : inParts;
    }

    private string? PlainText(IOperation operation)
    {
        foreach (IOperation part in operation.DescendantsAndSelf())
        {
            if (part is IInvalidOperation)
            {
                ReportInvalid(part);
                return null;
            }

            if (ReferencedMember(part) is { } member && member.IsGenerated())
            {
                ReportGenerated(part, member);
                return null;
            }

            if (HidesLayers(part) is { } hiding)
            {
                Fault(Descriptors.NoDerivative, part, CallFix(part), hiding, "it runs layers or operations, and no gradient would flow to them", "Mark it [Differentiable], or pass its result through Nn.Stop(…)");
                return null;
            }

            if (IsUnownedLayer(part))
            {
                Fault(
                    Descriptors.Unsupported, part, Quote(part.Syntax),
                    "A layer or submodel that is a constructor parameter, or made in the body, is not counted, trained or saved: keep it in a field or property");
                return null;
            }

            if (part is IAnonymousFunctionOperation function && UsesTensor(function))
            {
                Fault(Descriptors.Escape, part, Quote(part.Syntax), "a lambda captures tensor data");
                return null;
            }

            if (part is IAwaitOperation)
            {
                Fault(Descriptors.Unsupported, part, "'await'", "Await before the call, and pass the result in");
                return null;
            }

            if (IsWriteOutside(part) is { } target)
            {
                ReportWrite(part, target);
                return null;
            }

            if (Written(part).FirstOrDefault(written => _current.ContainsKey(written) || _numbers.Contains(written) || written is ILocalSymbol { Type: var type } && type.IsTensor()) is { } changed)
            {
                Fault(Descriptors.Unsupported, part, $"the change of '{changed.Name}' here", "Assign it in a statement of its own");
                return null;
            }
        }

        if (LocalToFile(operation.Syntax) is var (node, type))
        {
            Fault(Descriptors.Unsupported, node.GetLocation(), $"the use of '{type.Name}'", "It is local to its file, and the generated code stands in another: remove 'file'");
            return null;
        }

        return _plain.Rewrite(Suppressed(operation.Syntax));
    }

    // With the '!' that stands behind it, which no operation is made of.
    private static SyntaxNode Suppressed(SyntaxNode syntax) =>
        syntax.Parent is PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.SuppressNullableWarningExpression } suppressed ? suppressed : syntax;

    // A call or property of this compilation, without annotation, that runs layers or operations itself.
    private string? HidesLayers(IOperation operation)
    {
        IMethodSymbol? method = operation switch
        {
            IInvocationOperation call => call.TargetMethod,
            IPropertyReferenceOperation { Property: { IsIndexer: false } property } when !property.Has(KnownNames.NoDerivative) => property.GetMethod,
            _ => null,
        };
        bool mayHide = method is not null && (method.ReturnType.IsTensor() || method.ReturnType.IsFloat()) && !method.OriginalDefinition.Has(KnownNames.NoDerivative)
            && !IsDifferentiable(method) && !IsStopped(operation);
        return mayHide && new CallFinder(_sources, _cancellation).Reaches(method!.OriginalDefinition, IsDifferentiable) ? operation switch
        {
            IPropertyReferenceOperation { Property.Name: var name } => name,
            _ => method.Name,
        } : null;
    }

    private static bool IsStopped(IOperation operation)
    {
        for (IOperation? current = operation.Parent; current is not null; current = current.Parent)
        {
            if (current is IInvocationOperation call && call.TargetMethod.OriginalDefinition.Has(KnownNames.NoDerivative))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsUnownedLayer(IOperation operation)
    {
        ITypeSymbol? type = operation switch
        {
            IParameterReferenceOperation { Parameter: var parameter, Parent: not (IBinaryOperation or IIsPatternOperation) } when IsCaptured(parameter) => parameter.Type,
            IObjectCreationOperation creation => creation.Type,
            _ => null,
        };
        return type?.LayerOrModel() is not null;
    }

    private (SyntaxNode Node, INamedTypeSymbol Type)? LocalToFile(SyntaxNode syntax)
    {
        foreach (SimpleNameSyntax name in syntax.DescendantNodesAndSelf().OfType<SimpleNameSyntax>())
        {
            ISymbol? symbol = _model.GetSymbolInfo(name, _cancellation).Symbol;
            for (INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? (symbol is { IsStatic: true } ? symbol.ContainingType : null); type is not null; type = type.ContainingType)
            {
                if (type.IsFileLocal)
                {
                    return (name, type);
                }
            }
        }

        return null;
    }

    private static ISymbol? ReferencedMember(IOperation operation) => operation switch
    {
        IMemberReferenceOperation reference => reference.Member,
        IInvocationOperation call => call.TargetMethod,
        _ => null,
    };

    // At the name itself, which is all that there is where nothing was generated yet.
    private void ReportGenerated(IOperation operation, ISymbol member)
    {
        SyntaxNode? name = operation.Syntax.DescendantNodesAndSelf().FirstOrDefault(node =>
            node is SimpleNameSyntax simple && SymbolEqualityComparer.Default.Equals(_model.GetSymbolInfo(simple, _cancellation).Symbol?.OriginalDefinition, member.OriginalDefinition));
        ReportGenerated((name ?? operation.Syntax).GetLocation(), member.Name, OriginOf(member.ContainingType, member.Name));
    }

    private IOperation? IsWriteOutside(IOperation operation)
    {
        IOperation? target = operation switch
        {
            IDeconstructionAssignmentOperation => null,
            IAssignmentOperation { Parent: not (IObjectOrCollectionInitializerOperation or IVariableInitializerOperation) } assignment => assignment.Target,
            IIncrementOrDecrementOperation step => step.Target,
            _ => null,
        };
        return target is null or ILocalReferenceOperation or IDiscardOperation or IParameterReferenceOperation && !(target is IParameterReferenceOperation { Parameter: var own } && IsCaptured(own))
            ? null
            : target;
    }

    private void ReportWrite(IOperation operation, IOperation target)
    {
        if (target.ChildOperations.SelectMany(part => part.DescendantsAndSelf()).Any(part => part.Type.IsTensor()))
        {
            Fault(Descriptors.Mutation, operation, Quote(operation.Syntax));
        }
        else
        {
            Fault(Descriptors.Write, operation, target.Syntax.ToString());
        }
    }

    /// <summary>The locals and parameters that an operation itself, its parts apart, gives a new value.</summary>
    private static IEnumerable<ISymbol> Written(IOperation operation)
    {
        IOperation? target = operation switch
        {
            IAssignmentOperation assignment => assignment.Target,
            IIncrementOrDecrementOperation step => step.Target,
            IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out } argument => argument.Value,
            _ => null,
        };
        return target is null ? [] : target.DescendantsAndSelf().Select(SymbolOf).OfType<ISymbol>();
    }

    /// <summary>Whether an expression would mean something else after <paramref name="later"/>, which C# evaluates after it.</summary>
    private static bool IsOvertaken(IOperation operation, IEnumerable<IOperation?> later)
    {
        IOperation[] parts = [.. later.OfType<IOperation>().SelectMany(part => part.DescendantsAndSelf())];
        var written = new HashSet<ISymbol>(parts.SelectMany(Written), SymbolEqualityComparer.Default);
        bool mayChangeState = parts.Any(part => part is IInvocationOperation call && !IsDifferentiable(call.TargetMethod) && !call.TargetMethod.OriginalDefinition.Has(KnownNames.NoDerivative));
        return operation.DescendantsAndSelf().Any(part => SymbolOf(part) is { } symbol ? written.Contains(symbol)
            : mayChangeState && part is IFieldReferenceOperation { Field: { IsReadOnly: false, IsConst: false } } or IArrayElementReferenceOperation or IPropertyReferenceOperation { Property.SetMethod: not null });
    }

    // Text evaluated here and now, under a name of its own.
    private string Hold(ITypeSymbol type, string text, string name, IOperation operation)
    {
        string local = UniqueName(Naming.Camel(name));
        Emit(new PlainIr($"{type.ToSource()} {local} = {text};", false, Uses(operation)));
        return local;
    }

    // What a variable is here and now.
    private int Copy(int value, string name)
    {
        int copy = NewValue(name, _values[value].IsTensor, isVariable: true, _values[value].IsNullable);
        Emit(new AssignIr(copy, OperandIr.Of(value), Declares: true));
        return copy;
    }

    private bool IsVariableOfUser(int value) => _values[value].IsVariable && _current.Any(binding => binding.Value == value && _variables.Contains(binding.Key));

    private bool UsesTensor(IOperation operation) => operation.DescendantsAndSelf().Any(part => SymbolOf(part) is { } symbol && _current.ContainsKey(symbol));

    private EquatableArray<int> Uses(IOperation operation) => operation.DescendantsAndSelf()
        .Select(part => SymbolOf(part) is { } symbol && _current.TryGetValue(symbol, out int value) ? value : OperandIr.None)
        .Where(value => value != OperandIr.None).Distinct().ToEquatableArray();

    private string NameData(IOperation data) => data switch
    {
        ILocalReferenceOperation local => local.Local.Name,
        IParameterReferenceOperation parameter => parameter.Parameter.Name,
        _ => Quote(data.Syntax).Trim('\''),
    };

    // A name that does not bind may be a generated one, which does not exist when the body is read. Anything else the compiler reports.
    private void ReportInvalid(IOperation operation)
    {
        _hasFaults = true;
        foreach (SyntaxNode node in operation.Syntax.DescendantNodesAndSelf())
        {
            if (node is IdentifierNameSyntax name && _model.GetSymbolInfo(name).Symbol is null && OriginOf(OwnerOf(name), name.Identifier.Text) is { } origin)
            {
                ReportGenerated(name.GetLocation(), name.Identifier.Text, origin);
                return;
            }
        }
    }

    // The type in which a name is looked up.
    private ITypeSymbol? OwnerOf(IdentifierNameSyntax name) =>
        name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? _model.GetTypeInfo(access.Expression, _cancellation).Type : _method.ContainingType;

    private void ReportGenerated(Location location, string name, Origin? origin)
    {
        if (origin?.Member is { } own)
        {
            Fault(Descriptors.GeneratedMember, location, Fix.Of(Fix.Name, own), name, $"Use the class's own member '{own}'");
        }
        else
        {
            Fault(Descriptors.GeneratedMember, location, name, OutsideHint);
        }
    }

    private static Origin? OriginOf(ITypeSymbol? owner, string name)
    {
        if (owner is not INamedTypeSymbol type || !type.DeclaresModel())
        {
            return null;
        }

        if (GeneratedNames.OfModel.Contains(name))
        {
            return new Origin(null);
        }

        foreach (ISymbol member in type.GetMembers())
        {
            if (member.Has(KnownNames.Lora) && (name == Naming.Pascal(member.Name) || name == Naming.Pascal(member.Name) + "Lora" || name == "Merge" + Naming.Pascal(member.Name)))
            {
                return new Origin(member.Name);
            }

            if (member is IMethodSymbol && member.Has(KnownNames.Differentiable)
                && name.StartsWith(member.Name, StringComparison.Ordinal)
                && name.Substring(member.Name.Length) is "AndGradients" or "WithPullback" or "Training" or "Backward")
            {
                return new Origin(member.Name);
            }
        }

        return null;
    }

    // How a call without derivative can be mended: by marking what it calls, where that is the user's own, or by stopping its result.
    private Fix CallFix(IOperation operation)
    {
        Fix fix = StopFix(operation);
        if (operation is IInvocationOperation { TargetMethod: { MethodKind: MethodKind.Ordinary or MethodKind.ReducedExtension } called })
        {
            IMethodSymbol method = (called.ReducedFrom ?? called).OriginalDefinition;
            bool canBeMarked = !method.DeclaringSyntaxReferences.IsEmpty && (method.ReturnType.IsTensor() || method.ReturnType.IsFloat())
                && !IsDispatched(method) && !method.IsGenericMethod && !method.IsAsync && method.ContainingType.TypeKind == TypeKind.Class;
            return canBeMarked ? fix.And(Fix.Differentiable, method.Name) : fix;
        }

        return fix;
    }

    private static Fix StopFix(IOperation data)
    {
        bool isRead = data.Parent is not (IAssignmentOperation or IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out })
            || data.Parent is IAssignmentOperation assignment && assignment.Target != data;
        return isRead && data.Syntax is ExpressionSyntax && (data.Type.IsTensor() || data.Type.IsFloat()) ? Fix.Of(Fix.Stop) : Fix.None;
    }

    // The user's member that a generated one comes from; none for those that every model has.
    private sealed record Origin(string? Member);

    // Text that means the same in the backward pass: nothing that it names can change in between.
    private bool IsStable(IOperation operation)
    {
        operation = Unwrap(operation);
        if (operation.ConstantValue.HasValue && !operation.DescendantsAndSelf().Any(part => part is ILocalReferenceOperation))
        {
            return true;
        }

        switch (operation)
        {
            case IInstanceReferenceOperation:
                return true;
            case IFieldReferenceOperation field:
                return field.Field.IsReadOnly && (field.Instance is null || IsStable(field.Instance));
            case IPropertyReferenceOperation { Property: { SetMethod: null or { IsInitOnly: true } } property, Arguments.Length: 0 } reference:
                return IsAutoProperty(property) && (reference.Instance is null || IsStable(reference.Instance));
            case IParameterReferenceOperation parameter:
                return !SymbolEqualityComparer.Default.Equals(parameter.Parameter.ContainingSymbol, _method);
            case IConversionOperation { OperatorMethod: null } conversion:
                return IsStable(conversion.Operand);
            case IBinaryOperation { OperatorMethod: null } binary:
                return IsStable(binary.LeftOperand) && IsStable(binary.RightOperand);
            case IUnaryOperation { OperatorMethod: null } unary:
                return IsStable(unary.Operand);
            case IIsPatternOperation { Pattern: var pattern } test when IsNullPattern(pattern):
                return IsStable(test.Value);
            default:
                return false;
        }
    }

    private static bool IsAutoProperty(IPropertySymbol property) =>
        property.ContainingType.GetMembers().Any(member => member is IFieldSymbol field && SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property))
        || property.IsPartialDefinition;

    // Text that may be written more than once: it calls nothing and changes nothing.
    private static bool IsRepeatable(IOperation operation) => !operation.DescendantsAndSelf().Any(part =>
        part is IInvocationOperation or IObjectCreationOperation or IAssignmentOperation or IIncrementOrDecrementOperation or IArrayCreationOperation
            or IAnonymousFunctionOperation or ISwitchExpressionOperation or IConditionalAccessOperation
            or IPropertyReferenceOperation { Property.IsStatic: true });
}
