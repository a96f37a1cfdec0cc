namespace Lora.Generators;

/// <summary>Where tensors are read for the last time.</summary>
internal sealed partial class MethodPlan
{
    // A tensor that this method made, that no derivative in it reads where it lies, and that leaves it in no way, is dropped after the last statement
    // that uses it, in the block that made it. A callee that reads it in its own backward keeps it.
    private void FindLastUses(BlockIr block)
    {
        for (int i = 0; i < block.Statements.Count; i++)
        {
            foreach (BlockIr inner in Inner(block.Statements[i]))
            {
                FindLastUses(inner);
            }

            if (block.Statements[i] is not CallIr { Callee.ReturnsTensor: true } call || !IsOwned(call) || LastUse(block, i, call.Result) is not { } last)
            {
                continue;
            }

            if (last is CallIr { Callee: OperationIr { InPlace: true, Into: not null } } user && !ReferenceEquals(user, call)
                && OverwrittenBy(user) == OperandIr.None && user.Arguments.Any(argument => argument.Kind == ArgumentKind.Tensor && argument.Value == call.Result))
            {
                _overwrites[user] = call.Result;
                continue;
            }

            if (!_drops.TryGetValue(last, out List<int>? drops))
            {
                _drops[last] = drops = [];
            }

            drops.Add(call.Result);
        }
    }

    private bool IsOwned(CallIr call) =>
        !_isRead[call.Result]
        && call.Callee is MethodCallIr or OperationIr { Into: not null }
        && !Leaves(call.Result);

    private static StatementIr? LastUse(BlockIr block, int position, int value)
    {
        StatementIr last = block.Statements[position];
        for (int i = position + 1; i < block.Statements.Count; i++)
        {
            StatementIr statement = block.Statements[i];
            bool isUsed = UsesOf(statement).Contains(value) || Inner(statement).SelectMany(Walk).Any(nested => UsesOf(nested).Contains(value));
            if (isUsed)
            {
                last = statement;
            }
        }

        return last is ReturnIr or JumpIr or PlainIr { Exits: true } ? null : last;
    }
}
