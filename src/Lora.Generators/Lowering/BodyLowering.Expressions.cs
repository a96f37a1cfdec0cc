using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

internal sealed partial class BodyLowering
{
    private OperandIr? LowerValue(IOperation operation, bool isTensor, string name) =>
        isTensor ? LowerTensor(operation, name) : LowerNumber(operation, name);

    /// <summary>A tensor expression: a value, or the text <c>null</c>. Null where it was refused.</summary>
    private OperandIr? LowerTensor(IOperation operation, string name)
    {
        operation = Unwrap(operation);
        switch (operation)
        {
            case ILocalReferenceOperation or IParameterReferenceOperation when FindData(operation) is not null:
                if (SymbolOf(operation) is { } symbol && _current.TryGetValue(symbol, out int value))
                {
                    return OperandIr.Of(value);
                }

                if (!_hasFaults)
                {
                    Fault(Descriptors.Unsupported, operation, Quote(operation.Syntax), "Give the local a value in the same or an enclosing block first");
                }

                return null;
            case ILiteralOperation or IDefaultValueOperation when IsNull(operation):
                return OperandIr.Of("null", isStable: true);
            case IInvocationOperation call:
                return LowerCall(call, name);
            case IBinaryOperation { OperatorMethod: { } method } binary:
                return LowerOperator(binary, method, [binary.LeftOperand, binary.RightOperand], name);
            case IUnaryOperation { OperatorMethod: { } method } unary:
                return LowerOperator(unary, method, [unary.Operand], name);
            case IConditionalOperation conditional:
                return LowerConditional(conditional, isTensor: true, name);
            case ICoalesceOperation coalesce:
                return LowerCoalesce(coalesce, name);
            case ISimpleAssignmentOperation assignment when DifferentiableTarget(assignment.Target) is { } target:
                OperandIr? assigned = LowerTensor(assignment.Value, target.Name);
                Assign(target, assigned, isTensor: true, assignment.Value);
                return assigned is null ? null : OperandIr.Of(_current[target]);
            case IConversionOperation { Operand: IInvalidOperation invalid }:
                ReportInvalid(invalid);
                return null;
            case IInvalidOperation:
                ReportInvalid(operation);
                return null;
        }

        return LowerConstant(operation, isTensor: true, name);
    }

    // An expression that no tensor data goes into, such as a field or Tensor.Zeros(…).
    private OperandIr? LowerConstant(IOperation operation, bool isTensor, string name)
    {
        if (operation is IThrowOperation or IConversionOperation { Operand: IThrowOperation })
        {
            Fault(Descriptors.Unsupported, operation, "a throw expression", "Write 'if' and a throw statement");
            return null;
        }

        if (FindData(operation) is not null)
        {
            if (operation.DescendantsAndSelf().FirstOrDefault(part => ReferencedMember(part) is { } member && member.IsGenerated()) is { } generated)
            {
                ReportGenerated(generated, ReferencedMember(generated)!);
                return null;
            }

            if (operation.DescendantsAndSelf().FirstOrDefault(part => part is IInvalidOperation) is { } invalid)
            {
                ReportInvalid(invalid);
                return null;
            }

            if (IsWriteOutside(operation) is { } target)
            {
                ReportWrite(operation, target);
                return null;
            }

            (string what, string instead) = operation switch
            {
                ISwitchExpressionOperation => ("a switch expression", "Write 'if' and 'else', or '?:'"),
                IArrayElementReferenceOperation => (Quote(operation.Syntax), "Keep tensors in locals"),
                IAwaitOperation => ("'await'", "Await before the call, and pass the result in"),
                _ => (Quote(operation.Syntax), "Write it with locals, operators and operations that have a derivative"),
            };
            Fault(Descriptors.Unsupported, operation, what, instead);
            return null;
        }

        if (PlainText(operation) is not { } text)
        {
            return null;
        }

        if (!isTensor)
        {
            return OperandIr.Of(text, IsStable(operation));
        }

        int value = NewValue(NameFor(operation, name), isTensor: true);
        Emit(new ConstantIr(value, text, IsStopped: false, Uses(operation)));
        return OperandIr.Of(value);
    }

    private OperandIr? LowerNumber(IOperation operation, string name)
    {
        operation = Unwrap(operation);
        if (FindData(operation) is null)
        {
            return LowerConstant(operation, isTensor: false, name);
        }

        switch (operation)
        {
            case ILocalReferenceOperation or IParameterReferenceOperation when SymbolOf(operation) is { } symbol:
                return _current.TryGetValue(symbol, out int value) ? OperandIr.Of(value) : null;
            case IInvocationOperation call:
                return LowerCall(call, name);
            case IBinaryOperation { OperatorMethod: null } binary when binary.Type.IsFloat():
                return LowerArithmetic(binary, binary.OperatorKind, binary.LeftOperand, binary.RightOperand, name);
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Minus } unary when unary.Type.IsFloat():
                if (LowerNumber(unary.Operand, Unnamed) is not { } operand)
                {
                    return null;
                }

                int negated = NewValue(NameOr(name, "negated"), isTensor: false);
                Emit(new ArithmeticIr(negated, '-', operand, null));
                return OperandIr.Of(negated);
            case IUnaryOperation { OperatorMethod: null, OperatorKind: UnaryOperatorKind.Plus } unary:
                return LowerNumber(unary.Operand, name);
            case IConditionalOperation conditional:
                return LowerConditional(conditional, isTensor: false, name);
            case ISimpleAssignmentOperation assignment when DifferentiableTarget(assignment.Target) is { } target:
                OperandIr? assigned = LowerNumber(assignment.Value, target.Name);
                Assign(target, assigned, isTensor: false, assignment.Value);
                return assigned is null ? null : OperandIr.Of(_current[target]);
            case IConversionOperation { Operand: IInvalidOperation invalid }:
                ReportInvalid(invalid);
                return null;
            case IConversionOperation conversion when conversion.DescendantsAndSelf().FirstOrDefault(part => part is IInvalidOperation) is { } invalid:
                ReportInvalid(invalid);
                return null;
            case IConversionOperation conversion:
                Fault(
                    Descriptors.Unsupported, operation, $"the conversion of {Quote(conversion.Operand.Syntax)}",
                    "Keep losses in float: their sums are accumulated in double already");
                return null;
            case IInvalidOperation:
                ReportInvalid(operation);
                return null;
            default:
                return LowerConstant(operation, isTensor: false, name);
        }
    }

    private OperandIr? LowerArithmetic(IOperation operation, BinaryOperatorKind kind, IOperation left, IOperation right, string name)
    {
        char? symbol = kind switch
        {
            BinaryOperatorKind.Add => '+',
            BinaryOperatorKind.Subtract => '-',
            BinaryOperatorKind.Multiply => '*',
            BinaryOperatorKind.Divide => '/',
            _ => null,
        };
        if (symbol is null)
        {
            Fault(Descriptors.Unsupported, operation, Quote(operation.Syntax), "Losses are combined with +, -, * and /");
            return null;
        }

        OperandIr? a = LowerTerm(left, right);
        OperandIr? b = LowerTerm(right);
        if (a is null || b is null)
        {
            return null;
        }

        int result = NewValue(NameOr(name, OperatorName(symbol.Value)), isTensor: false);
        Emit(new ArithmeticIr(result, symbol.Value, a, b));
        return OperandIr.Of(result);
    }

    // An operand that is read once, before what is evaluated later.
    private OperandIr? LowerTerm(IOperation operation, params IOperation[] later)
    {
        if (LowerNumber(operation, Unnamed) is not { } term)
        {
            return null;
        }

        if (term.IsValue)
        {
            return OperandIr.Of(Unchanged(term.Value, operation, later));
        }

        return !IsRepeatable(operation) || IsOvertaken(operation, later)
            ? OperandIr.Of(Hold(operation.Type!, term.Text, "factor", operation), isStable: false)
            : term;
    }

    private OperandIr? LowerConditional(IConditionalOperation conditional, bool isTensor, string name)
    {
        if (Plain(conditional.Condition, "the condition") is not { } condition || conditional.WhenFalse is not { } whenFalse)
        {
            return null;
        }

        return LowerChoice(
            condition, IsStable(conditional.Condition), Uses(conditional.Condition), isTensor, name,
            () => LowerValue(conditional.WhenTrue, isTensor, name), () => LowerValue(whenFalse, isTensor, name));
    }

    // layer?.Forward(x) ?? x
    private OperandIr? LowerCoalesce(ICoalesceOperation coalesce, string name)
    {
        if (Unwrap(coalesce.Value) is IConditionalAccessOperation { Operation: { } receiver, WhenNotNull: IInvocationOperation call }
            && FindData(receiver) is null && call.Instance is IConditionalAccessInstanceOperation && Unwrap(receiver) is IFieldReferenceOperation or ILocalReferenceOperation or IPropertyReferenceOperation or IArrayElementReferenceOperation or IImplicitIndexerReferenceOperation
            && PlainText(receiver) is { } text)
        {
            if (Unwrap(receiver) is IArrayElementReferenceOperation or IImplicitIndexerReferenceOperation or IPropertyReferenceOperation { Property.IsIndexer: true } || !IsRepeatable(receiver))
            {
                text = _held[receiver] = Hold(receiver.Type!.WithNullableAnnotation(NullableAnnotation.Annotated), text, OwnerName(receiver) ?? "layer", receiver);
            }

            return LowerChoice(
                $"{text} is not null", IsStable(receiver), Uses(receiver), isTensor: true, name,
                () => LowerCall(call, name, receiver), () => LowerTensor(coalesce.WhenNull, name));
        }

        if (FindData(coalesce) is null && coalesce.WhenNull is not IConversionOperation { Operand: IThrowOperation })
        {
            return LowerConstant(coalesce, isTensor: true, name);
        }

        Fault(Descriptors.Unsupported, coalesce, Quote(coalesce.Syntax), "Write 'if (… is null)'");
        return null;
    }

    private OperandIr LowerChoice(
        string condition, bool isStable, EquatableArray<int> uses, bool isTensor, string name, Func<OperandIr?> whenTrue, Func<OperandIr?> whenFalse)
    {
        int variable = NewValue(NameOr(name, "chosen"), isTensor, isVariable: true, isNullable: false);
        Emit(new DeclareIr(variable));
        BlockIr Side(Func<OperandIr?> lower) => Nested(() =>
        {
            if (lower() is { } operand)
            {
                Emit(new AssignIr(variable, operand, Declares: false));
                _values[variable] = _values[variable] with { IsNullable = _values[variable].IsNullable || (isTensor && !operand.IsValue) };
            }
        });
        BlockIr then = Side(whenTrue);
        BlockIr otherwise = Side(whenFalse);
        Emit(new IfIr(condition, isStable, then, otherwise, uses));
        return OperandIr.Of(variable);
    }

    private static string NameFor(IOperation operation, string name) => NameOr(name, operation switch
    {
        IFieldReferenceOperation field => Naming.Camel(field.Field.Name),
        IPropertyReferenceOperation { Property: { IsIndexer: false } property } => Naming.Camel(property.Name),
        IInvocationOperation call => Naming.Camel(call.TargetMethod.Name),
        _ => "constant",
    });

    private static string NameOr(string name, string otherwise) => name == Unnamed ? otherwise : name;

    private static string OperatorName(char symbol) => symbol switch
    {
        '+' => "sum",
        '-' => "difference",
        '*' => "product",
        _ => "quotient",
    };
}
