using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

internal sealed partial class BodyLowering
{
    private void LowerStatements(IEnumerable<IOperation> operations)
    {
        foreach (IOperation operation in operations)
        {
            _cancellation.ThrowIfCancellationRequested();
            LowerStatement(operation);
        }
    }

    private void LowerStatement(IOperation operation)
    {
        if (!operation.IsImplicit && operation.Syntax is StatementSyntax and not BlockSyntax)
        {
            _source = SourceLine(operation.Syntax);
        }

        switch (operation)
        {
            case IBlockOperation block:
                LowerStatements(block.Operations);
                break;
            case IEmptyOperation:
                break;
            case IVariableDeclarationGroupOperation group:
                LowerDeclarations(group);
                break;
            case IExpressionStatementOperation statement:
                LowerExpressionStatement(statement.Operation);
                break;
            case IConditionalOperation conditional:
                LowerIf(conditional);
                break;
            case IForEachLoopOperation loop:
                LowerForEach(loop);
                break;
            case IForLoopOperation loop:
                LowerFor(loop);
                break;
            case IReturnOperation { Kind: OperationKind.Return, ReturnedValue: { } value }:
                LowerReturn(value);
                break;
            case IBranchOperation { BranchKind: BranchKind.Break or BranchKind.Continue } branch:
                Emit(new JumpIr(branch.BranchKind == BranchKind.Break));
                break;
            case IThrowOperation { Exception: { } exception }:
                if (Plain(exception, "the exception") is { } text)
                {
                    Emit(new PlainIr($"throw {text};", Exits: true, Uses(exception)));
                }

                break;
            case IInvalidOperation:
                ReportInvalid(operation);
                break;
            default:
                RefuseStatement(operation);
                break;
        }
    }

    private static string SourceLine(SyntaxNode syntax)
    {
        string text = syntax switch
        {
            IfStatementSyntax branch => $"if ({branch.Condition})",
            ForEachStatementSyntax loop => $"foreach ({loop.Type} {loop.Identifier} in {loop.Expression})",
            ForStatementSyntax loop => $"for ({loop.Declaration}; {loop.Condition}; {loop.Incrementors})",
            _ => NormalText.Of(syntax, static statement => new CommentRemover().Visit(statement)),
        };
        return Lines.Collapse(text);
    }

    private void LowerDeclarations(IVariableDeclarationGroupOperation group)
    {
        foreach (IVariableDeclarationOperation declaration in group.Declarations)
        {
            foreach (IVariableDeclaratorOperation declarator in declaration.Declarators)
            {
                LowerDeclaration(declarator);
            }
        }
    }

    private void LowerDeclaration(IVariableDeclaratorOperation declarator)
    {
        ILocalSymbol local = declarator.Symbol;
        IOperation? value = declarator.GetVariableInitializer()?.Value;
        if (local.RefKind != RefKind.None)
        {
            Fault(Descriptors.Mutation, declarator, $"the ref local '{local.Name}'");
        }
        else if (local.Type.IsTensor() || _numbers.Contains(local))
        {
            LowerLocal(local, value);
        }
        else if (local.Type.SequenceItem().IsTensor() && (value is null || FindData(value) is not null))
        {
            Fault(Descriptors.Escape, declarator, local.Name, "a collection of tensors is not followed");
        }
        else if (value is null)
        {
            Emit(new PlainIr($"{local.Type.ToSource()} {NameOf(local)};", false, default));
        }
        else if (FindData(value) is { } data)
        {
            Fault(
                Descriptors.Escape, data, NameData(data),
                $"'{local.Name}' of type '{local.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}' would carry tensor data");
        }
        else if (PlainText(value) is { } text)
        {
            Emit(new PlainIr($"{local.Type.ToSource()} {NameOf(local)} = {text};", false, Uses(value)));
        }
    }

    private void LowerLocal(ILocalSymbol local, IOperation? value)
    {
        bool isTensor = local.Type.IsTensor();
        if (!_variables.Contains(local))
        {
            if (value is not null && LowerValue(value, isTensor, local.Name) is { } operand)
            {
                _current[local] = Named(operand, isTensor, local.Name, value);
            }

            return;
        }

        bool isNullable = isTensor && local.NullableAnnotation == NullableAnnotation.Annotated;
        if (value is not null && Unwrap(value) is IConditionalOperation or ICoalesceOperation)
        {
            // The choice is made in a variable already.
            if (LowerValue(value, isTensor, local.Name) is { IsValue: true } chosen)
            {
                _values[chosen.Value] = _values[chosen.Value] with { IsNullable = isNullable || _values[chosen.Value].IsNullable };
                _current[local] = chosen.Value;
            }

            return;
        }

        OperandIr? initial = value is null ? null : LowerValue(value, isTensor, isTensor ? "initial" + Naming.Capitalize(local.Name) : local.Name);
        isNullable |= isTensor && initial is { IsValue: false };
        int variable = NewValue(local.Name, isTensor, isVariable: true, isNullable);
        _current[local] = variable;
        if (initial is not null)
        {
            Emit(new AssignIr(variable, initial, Declares: true));
        }
        else if (value is null)
        {
            Emit(new DeclareIr(variable));
        }
    }

    // A value for an operand: text becomes a constant of its own, and a variable is read now.
    private int Named(OperandIr operand, bool isTensor, string name, IOperation source)
    {
        if (operand.IsValue)
        {
            return IsVariableOfUser(operand.Value) ? Copy(operand.Value, name) : operand.Value;
        }

        string text = operand.Text;
        if (!isTensor && (Unwrap(source) is IDefaultValueOperation || _model.GetTypeInfo(source.Syntax, _cancellation).Type is { } type && !type.IsFloat()))
        {
            text = Unwrap(source) is IDefaultValueOperation ? "0f" : source.ConstantValue is { HasValue: true, Value: float constant } ? Lit.Float(constant) : $"(float)({text})";
        }

        int value = NewValue(name, isTensor, isNullable: isTensor);
        Emit(new ConstantIr(value, text, IsStopped: false, Uses(source)));
        return value;
    }

    private void Assign(ISymbol target, OperandIr? operand, bool isTensor, IOperation source)
    {
        if (operand is null)
        {
            return;
        }

        if (_variables.Contains(target))
        {
            Emit(new AssignIr(_current[target], operand, Declares: false));
        }
        else
        {
            _current[target] = Named(operand, isTensor, target.Name, source);
        }
    }

    private void LowerExpressionStatement(IOperation operation)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation assignment when DifferentiableTarget(assignment.Target) is { } target:
                bool isTensor = assignment.Target.Type.IsTensor();
                Assign(target, LowerValue(assignment.Value, isTensor, target.Name), isTensor, assignment.Value);
                break;
            case ISimpleAssignmentOperation { Target: IDiscardOperation, Value: var discarded } when (discarded.Type.IsTensor() || discarded.Type.IsFloat()) && FindData(discarded) is not null:
                LowerValue(discarded, discarded.Type.IsTensor(), "unused");
                break;
            case ICoalesceAssignmentOperation { Target: var optional } when DifferentiableTarget(optional) is { } target:
                Fault(Descriptors.Unsupported, operation, Quote(operation.Syntax), $"Write 'if ({target.Name} is null)' and an assignment");
                break;
            case ICompoundAssignmentOperation assignment when DifferentiableTarget(assignment.Target) is { } target:
                LowerCompound(assignment, target);
                break;
            case IIncrementOrDecrementOperation { Target: var stepped } when DifferentiableTarget(stepped) is not null:
                Fault(Descriptors.Unsupported, operation, Quote(operation.Syntax), "Write an assignment instead");
                break;
            case IDeconstructionAssignmentOperation:
                Fault(Descriptors.Unsupported, operation, "a deconstruction", "Assign one value at a time");
                break;
            case IAssignmentOperation or IIncrementOrDecrementOperation when IsWriteOutside(operation) is { } outside:
                ReportWrite(operation, outside);
                break;
            case IInvocationOperation or IBinaryOperation or IUnaryOperation when operation.Type.IsTensor() || operation.Type.IsFloat():
                if (FindData(operation) is not null)
                {
                    LowerValue(operation, operation.Type.IsTensor(), Unnamed);
                }
                else
                {
                    LowerPlainStatement(operation);
                }

                break;
            case IInvocationOperation call when FindData(call) is { } data && !IsArgumentCheck(call):
                Fault(
                    IsMutator(call) ? Descriptors.Mutation : Descriptors.NoDerivative, operation, IsMutator(call) ? Fix.None : Fix.Of(Fix.StopArguments),
                    IsMutator(call) ? [Quote(operation.Syntax)] : [call.TargetMethod.Name, $"it is given the tensor data of '{NameData(data)}'", "Pass Nn.Stop(…), or move the call out of the method"]);
                break;
            default:
                LowerPlainStatement(operation);
                break;
        }
    }

    private static bool IsArgumentCheck(IInvocationOperation call) =>
        call.TargetMethod.Name.StartsWith("ThrowIf", StringComparison.Ordinal) && call.TargetMethod.ContainingType.Name.EndsWith("Exception", StringComparison.Ordinal);

    private static bool IsMutator(IInvocationOperation call) =>
        call.Instance is { } instance && instance.DescendantsAndSelf().Any(part => part.Type.IsTensor())
        || call.Arguments.Any(argument => argument.Parameter?.RefKind is RefKind.Ref or RefKind.Out);

    private void LowerPlainStatement(IOperation operation)
    {
        bool isCheck = operation is IInvocationOperation call && IsArgumentCheck(call);
        if ((isCheck ? PlainText(operation) : Plain(operation, Quote(operation.Syntax))) is { } text)
        {
            Emit(new PlainIr(text + ";", false, Uses(operation)));
        }
    }

    private ISymbol? DifferentiableTarget(IOperation target) =>
        SymbolOf(target) is { } symbol && (target.Type.IsTensor() || _numbers.Contains(symbol)) ? symbol : null;

    private void LowerCompound(ICompoundAssignmentOperation assignment, ISymbol target)
    {
        bool isTensor = assignment.Target.Type.IsTensor();
        if (isTensor && assignment.OperatorMethod is not { } || !isTensor && assignment.OperatorMethod is not null)
        {
            Fault(Descriptors.Unsupported, assignment, Quote(assignment.Syntax), "Write the operation and an assignment");
            return;
        }

        Assign(
            target,
            isTensor
                ? LowerOperator(assignment, assignment.OperatorMethod!, [assignment.Target, assignment.Value], target.Name)
                : LowerArithmetic(assignment, assignment.OperatorKind, assignment.Target, assignment.Value, target.Name),
            isTensor, assignment);
    }

    private void LowerIf(IConditionalOperation conditional)
    {
        string? source = _source;
        _source = null;
        string? condition = Plain(conditional.Condition, "the condition");
        EquatableArray<int> uses = Uses(conditional.Condition);
        BlockIr then = Nested(() => LowerStatement(conditional.WhenTrue));
        BlockIr? otherwise = conditional.WhenFalse is { } whenFalse ? Nested(() => LowerStatement(whenFalse)) : null;
        if (condition is not null)
        {
            _statements.Add(new IfIr(condition, IsStable(conditional.Condition), then, otherwise, uses) { Source = source });
        }
    }

    private void LowerForEach(IForEachLoopOperation loop)
    {
        string? source = _source;
        _source = null;
        if (loop.IsAsynchronous || loop.LoopControlVariable is not IVariableDeclaratorOperation { Symbol: var item })
        {
            Fault(Descriptors.Unsupported, loop, "this 'foreach'", "Declare one loop variable, without await or deconstruction");
            return;
        }

        if (item.Type.IsTensor())
        {
            Fault(Descriptors.Escape, LocationOf(item), item.Name, "a collection of tensors is not followed");
            return;
        }

        string? collection = Plain(Unwrap(loop.Collection), "the loop's collection");
        EquatableArray<int> uses = Uses(loop.Collection);
        string name = NameOf(item)!;
        BlockIr body = LoopBody(loop.Body);
        if (collection is not null)
        {
            _statements.Add(new LoopIr(
                $"foreach ({item.Type.ToSource()} {name} in {collection})", Naming.Pascal(item.Name) + "Iterations", body, uses)
            { Source = source });
        }
    }

    private void LowerFor(IForLoopOperation loop)
    {
        string? source = _source;
        _source = null;
        var syntax = (ForStatementSyntax)loop.Syntax;
        if (loop.Locals.FirstOrDefault(local => local.Type.IsTensor() || _numbers.Contains(local)) is { } data)
        {
            Fault(Descriptors.DataDependent, loop, "the loop", data.Name);
            return;
        }

        List<IOperation> parts = [.. loop.Before, .. loop.AtLoopBottom];
        if (loop.Condition is { } condition)
        {
            parts.Add(condition);
        }

        bool isPlain = true;
        foreach (IOperation part in parts)
        {
            isPlain &= Plain(part, "the loop's bounds") is not null;
        }

        string declaration = syntax.Declaration is { } declared
            ? $"{loop.Locals[0].Type.ToSource()} {string.Join(", ", declared.Variables.Select(_plain.Rewrite))}"
            : string.Join(", ", syntax.Initializers.Select(_plain.Rewrite));
        string header = $"for ({declaration}; {(syntax.Condition is null ? "" : _plain.Rewrite(syntax.Condition))}; {string.Join(", ", syntax.Incrementors.Select(_plain.Rewrite))})";
        EquatableArray<int> uses = parts.SelectMany(part => Uses(part)).Distinct().ToEquatableArray();
        BlockIr body = LoopBody(loop.Body);
        if (isPlain)
        {
            string name = loop.Locals.Length > 0 ? Naming.Pascal(loop.Locals[0].Name) + "Iterations" : "Iterations";
            _statements.Add(new LoopIr(header, name, body, uses) { Source = source });
        }
    }

    private BlockIr LoopBody(IOperation body)
    {
        _loopDepth++;
        BlockIr block = Nested(() => LowerStatement(body));
        _loopDepth--;
        return block;
    }

    private void LowerReturn(IOperation value)
    {
        if (LowerValue(value, _method.ReturnType.IsTensor(), Unnamed) is { } operand)
        {
            Emit(new ReturnIr(operand));
        }
    }

    private void RefuseStatement(IOperation operation)
    {
        (string what, string instead) = operation switch
        {
            IWhileLoopOperation => ("'while'", "Write a 'for' or 'foreach' whose number of iterations does not depend on tensor data"),
            ISwitchOperation => ("'switch'", "Write 'if' and 'else'"),
            ITryOperation => ("'try'", "Handle exceptions outside the method"),
            IUsingOperation or IUsingDeclarationOperation => ("'using'", "Open and close resources outside the method"),
            ILockOperation => ("'lock'", "Training is one caller at a time already"),
            ILocalFunctionOperation => ("a local function", "Write a private [Differentiable] method"),
            ILabeledOperation or IBranchOperation => ("'goto'", "Write 'if', 'for', 'break' or 'continue'"),
            IReturnOperation => ("'yield'", "Return one tensor or number"),
            _ => (Quote(operation.Syntax), "Write it with locals, operations, 'if', 'for' and 'foreach'"),
        };
        Fault(Descriptors.Unsupported, operation, what, instead);
        if (operation is IWhileLoopOperation loop)
        {
            LoopBody(loop.Body); // What else is wrong in it is said at once.
        }
    }
}
