using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>What depends on tensor data, and what is plain code.</summary>
internal sealed partial class BodyLowering
{
    /// <summary>The first part of an expression that depends on tensor data, or null.</summary>
    private IOperation? FindData(IOperation operation)
    {
        switch (operation)
        {
            case ILocalReferenceOperation local:
                return local.Local.Type.IsTensor() || _numbers.Contains(local.Local) ? operation : null;
            case IParameterReferenceOperation parameter:
                return parameter.Parameter.Type.IsTensor() ? operation : null;
            case IPropertyReferenceOperation { Instance: { } instance } property when property.Property.Has(KnownNames.NoDerivative) && SymbolOf(instance) is not null:
                return property.Arguments.Select(argument => FindData(argument)).FirstOrDefault(data => data is not null);
            case IInvocationOperation call when call.TargetMethod.OriginalDefinition.Has(KnownNames.NoDerivative):
                return null;
            case IInvocationOperation call when IsDifferentiable(call.TargetMethod):
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

    private static bool IsNull(IOperation operation) => Unwrap(operation) is ILiteralOperation { ConstantValue: { HasValue: true, Value: null } } or IDefaultValueOperation;

    private static bool IsNullPattern(IPatternOperation pattern) => pattern switch
    {
        IConstantPatternOperation constant => IsNull(constant.Value),
        INegatedPatternOperation negated => IsNullPattern(negated.Pattern),
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
                case IConversionOperation { OperatorMethod: null, Conversion: { IsIdentity: true } or { IsReference: true } or { IsNullable: true } } conversion:
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
        if (FindData(operation) is { } data)
        {
            Fault(Descriptors.DataDependent, data, where, NameData(data));
            return null;
        }

        return PlainText(operation);
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
                ReportGenerated(part, member.Name);
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
                Fault(Descriptors.Write, part, target);
                return null;
            }
        }

        return _plain.Rewrite(operation.Syntax);
    }

    private static ISymbol? ReferencedMember(IOperation operation) => operation switch
    {
        IMemberReferenceOperation reference => reference.Member,
        IInvocationOperation call => call.TargetMethod,
        _ => null,
    };

    private void ReportGenerated(IOperation operation, string name) =>
        Fault(Descriptors.GeneratedMember, operation, name, GeneratedOrigin(name) ?? "it is made from");

    private static string? IsWriteOutside(IOperation operation)
    {
        IOperation? target = operation switch
        {
            IAssignmentOperation { Parent: not (IObjectOrCollectionInitializerOperation or IVariableInitializerOperation) } assignment => assignment.Target,
            IIncrementOrDecrementOperation step => step.Target,
            _ => null,
        };
        return target is null or ILocalReferenceOperation or IParameterReferenceOperation or IDiscardOperation ? null : target.Syntax.ToString();
    }

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
            if (node is IdentifierNameSyntax name && _model.GetSymbolInfo(name).Symbol is null && GeneratedOrigin(name.Identifier.Text) is { } own)
            {
                Fault(Descriptors.GeneratedMember, name.GetLocation(), name.Identifier.Text, own);
                return;
            }
        }
    }

    private string? GeneratedOrigin(string name)
    {
        foreach (ISymbol member in _method.ContainingType.GetMembers())
        {
            if (member.Has(KnownNames.Lora) && (name == Naming.Pascal(member.Name) || name == Naming.Pascal(member.Name) + "Lora" || name == "Merge" + Naming.Pascal(member.Name)))
            {
                return member.Name;
            }

            if (member is IMethodSymbol && member.Has(KnownNames.Differentiable)
                && name.StartsWith(member.Name, StringComparison.Ordinal)
                && name.Substring(member.Name.Length) is "AndGradients" or "WithPullback" or "Training" or "Backward")
            {
                return member.Name;
            }
        }

        return null;
    }

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
            or IAnonymousFunctionOperation or ISwitchExpressionOperation or IConditionalAccessOperation);
}
