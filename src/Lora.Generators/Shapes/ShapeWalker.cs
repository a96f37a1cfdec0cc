using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>
/// Follows the dimensions of tensors through a lowered method, and into the methods that it calls, and finds those that an operation needs
/// to be equal and that are not.
/// </summary>
/// <param name="bodies">The lowered methods.</param>
/// <param name="found">Takes what is found.</param>
internal sealed class ShapeWalker(MethodBodies bodies, Action<Mismatch> found, CancellationToken cancellation)
{
    private const int MaxDepth = 16;

    private int _walks;

    /// <summary>Walks a method whose tensor parameters have any shape, and gives the shape of its result.</summary>
    public TensorDimensions Walk(LoweredMethod method, ClassScope scope)
    {
        var state = new ShapeState();
        foreach (ParameterIr parameter in method.Ir.Parameters.Where(parameter => parameter.Kind == ParameterKind.Tensor))
        {
            state.Values[parameter.Value] = Fresh(parameter.Name, $"'{parameter.Name}' is");
        }

        return new MethodWalk(this, method, scope, found, 0).Run(state);
    }

    private TensorDimensions Fresh(string name, string origin) =>
        new([Dimension.Unbound($"{name}:{_walks++.ToString(CultureInfo.InvariantCulture)}", origin)], IsWhole: false);

    /// <summary>The walk of one method.</summary>
    private sealed class MethodWalk(ShapeWalker walker, LoweredMethod method, ClassScope scope, Action<Mismatch> found, int depth)
    {
        private readonly List<(ShapeState State, TensorDimensions Result)> _returns = [];

        public TensorDimensions Run(ShapeState state)
        {
            Walk(method.Ir.Body!, state);
            if (_returns.Count == 0)
            {
                return TensorDimensions.Unknown;
            }

            // What holds after the call is what holds at every return.
            ShapeState last = _returns[0].State;
            last.Values[ResultKey] = _returns[0].Result;
            foreach ((ShapeState other, TensorDimensions result) in _returns.Skip(1))
            {
                other.Values[ResultKey] = result;
                last.Join(other);
            }

            After = last;
            return last.Values[ResultKey];
        }

        public ShapeState? After { get; private set; }

        private const int ResultKey = -2;

        // Whether the end of the block is never reached.
        private bool Walk(BlockIr block, ShapeState state)
        {
            foreach (StatementIr statement in block.Statements)
            {
                walker.Cancellation.ThrowIfCancellationRequested();
                if (Walk(statement, state))
                {
                    return true;
                }
            }

            return false;
        }

        private bool Walk(StatementIr statement, ShapeState state)
        {
            switch (statement)
            {
                case CallIr call:
                    state.Values[call.Result] = Call(call, state);
                    return false;
                case AssignIr assignment:
                    state.Values[assignment.Variable] = assignment.From.IsValue ? Of(assignment.From.Value, state) : TensorDimensions.Unknown;
                    return false;
                case IfIr branch:
                    return Branch(branch, state);
                case LoopIr loop:
                    Loop(loop, state);
                    return false;
                case ReturnIr returned:
                    _returns.Add((state.Clone(), returned.Value.IsValue ? Of(returned.Value.Value, state) : TensorDimensions.Unknown));
                    return true;
                case JumpIr or PlainIr { Exits: true }:
                    return true;
                default:
                    return false;
            }
        }

        private bool Branch(IfIr branch, ShapeState state)
        {
            ShapeState otherwise = state.Clone();
            bool thenEnds = Walk(branch.Then, state);
            bool elseEnds = branch.Else is { } whenFalse && Walk(whenFalse, otherwise);
            if (thenEnds && elseEnds)
            {
                return true;
            }

            if (thenEnds)
            {
                state.Assign(otherwise);
            }
            else if (!elseEnds)
            {
                state.Join(otherwise);
            }

            return false;
        }

        // The first iteration sees what was before the loop; the others what every iteration agrees on.
        private void Loop(LoopIr loop, ShapeState state)
        {
            ShapeState before = state.Clone();
            if (MethodPlan.Walk(loop.Body).Any(statement => statement is JumpIr))
            {
                foreach (AssignIr assignment in MethodPlan.Walk(loop.Body).OfType<AssignIr>())
                {
                    before.Values[assignment.Variable] = TensorDimensions.Unknown;
                }
            }

            Walk(loop.Body, state);
            state.Join(before);
            before = state.Clone();
            Walk(loop.Body, state);
            state.Join(before);
        }

        private TensorDimensions Of(int value, ShapeState state) => state.Values.TryGetValue(value, out TensorDimensions? known) ? known : TensorDimensions.Unknown;

        private TensorDimensions Call(CallIr call, ShapeState state)
        {
            if (!method.Origins.TryGetValue(call.Result, out CallOrigin? origin))
            {
                return TensorDimensions.Unknown;
            }

            if (call.Callee is MethodCallIr)
            {
                return CallMethod(call, origin, state);
            }

            return origin.Dimensions is { } rule
                ? new RuleApplication(rule, origin, scope, state, found).Apply(name => Argument(call, name) is { } value ? Of(value, state) : null)
                : TensorDimensions.Unknown;
        }

        private static int? Argument(CallIr call, string parameter) => call.Arguments.FirstOrDefault(argument => argument.Parameter == parameter) is { Kind: ArgumentKind.Tensor } tensor
            ? tensor.Value : null;

        private TensorDimensions CallMethod(CallIr call, CallOrigin origin, ShapeState state)
        {
            if (depth >= MaxDepth || walker._walks > 4000 || ScopeOf(origin) is not { } inner || walker.Bodies.Of(origin.Target.OriginalDefinition) is not { Ir.Body: not null } callee)
            {
                return TensorDimensions.Unknown;
            }

            ShapeState entered = state.Enter();
            foreach (ParameterIr parameter in callee.Ir.Parameters.Where(parameter => parameter.Kind == ParameterKind.Tensor))
            {
                TensorDimensions? given = Argument(call, parameter.Name) is { } value ? Of(value, state) : null;
                entered.Values[parameter.Value] = given is null or { Trailing.IsEmpty: true } ? walker.Fresh(parameter.Name, $"'{parameter.Name}' is") : given;
            }

            // What is wrong in the callee whatever it is given is reported there.
            Mismatch? first = null;
            var walk = new MethodWalk(walker, callee, inner, mismatch => first ??= mismatch, depth + 1);
            TensorDimensions result = walk.Run(entered);
            if (first is not null && !walker.Bodies.HasOwnFault(callee, first.Site))
            {
                found(first with { Site = origin.Operation.Syntax });
            }

            if (walk.After is { } after)
            {
                state.Take(after);
            }

            return result;
        }

        private ClassScope? ScopeOf(CallOrigin origin)
        {
            IMethodSymbol target = origin.Target.OriginalDefinition;
            bool isOwn = SymbolEqualityComparer.Default.Equals(target.ContainingType, scope.Type);
            if (origin.Receiver is null or IInstanceReferenceOperation)
            {
                return isOwn ? scope : target.IsStatic ? walker.Bodies.StaticScope(target.ContainingType) : null;
            }

            return scope.Evaluate(origin.Receiver) is Instance instance ? scope.Within(instance, $"'{origin.Receiver.Syntax}'") : null;
        }
    }

    private MethodBodies Bodies => bodies;

    private CancellationToken Cancellation => cancellation;
}
