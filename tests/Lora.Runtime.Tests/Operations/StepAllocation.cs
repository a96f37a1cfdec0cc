namespace Lora.Tests.Operations;

/// <summary>The bytes that one call of the methods which generated code calls takes from the heap, once warm.</summary>
internal static class StepAllocation
{
    public static long Of(OperationCase operationCase)
    {
        var rule = new DerivativeRule(operationCase.Operation);
        object?[] arguments = operationCase.Arguments;
        object value = MethodThunk.Call(operationCase.Operation, operationCase.Target, arguments)!;
        Tensor? saved = rule.Saves is null ? null : Operation.Result((TensorShape)MethodThunk.Call(rule.Saves, operationCase.Target, arguments)!);
        object?[] written =
        [
            .. arguments,
            .. value is Tensor result ? [result] : Array.Empty<object?>(),
            .. saved is null ? Array.Empty<object?>() : [saved],
        ];
        if (rule.Into is not null)
        {
            MethodThunk.Call(rule.Into, operationCase.Target, written);
        }

        object seed = value is Tensor tensor ? tensor.Clone() : 1f;
        var gradients = rule.Differentiable.ToDictionary(i => i, i => arguments[i] is Tensor input ? Tensor.Zeros(input.Shape) : null);
        object?[] backward = rule.BackwardArguments(arguments, value as Tensor, saved, seed, gradients);
        Func<long> step = () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            if (rule.Into is not null)
            {
                // A float result comes back in a box.
                MethodThunk.Call(rule.Into, operationCase.Target, written);
            }

            MethodThunk.Call(rule.Backward, operationCase.Target, backward);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        };
        long bytes = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            bytes = Math.Min(bytes, step());
        }

        return rule.Into is not null && !rule.ReturnsTensor ? bytes - BoxOfFloat : bytes;
    }

    private static unsafe int BoxOfFloat => sizeof(nint) == 8 ? 24 : 12;
}
