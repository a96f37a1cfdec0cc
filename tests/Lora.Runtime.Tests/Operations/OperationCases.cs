namespace Lora.Tests.Operations;

/// <summary>Every operation of the runtime over several shapes. A derivative rule without a case here fails a test.</summary>
internal static partial class OperationCases
{
    private static ulong _seed = 1000;

    public static IReadOnlyDictionary<string, OperationCase> All { get; } = Collect();

    private static Dictionary<string, OperationCase> Collect()
    {
        var all = new Dictionary<string, OperationCase>();
        IEnumerable<OperationCase> cases =
            [.. Arithmetic(), .. Activations(), .. Reductions(), .. Losses(), .. Layout(), .. Products(), .. Attentions(), .. Positions(), .. Layers()];
        foreach (OperationCase operationCase in cases)
        {
            string label = operationCase.Label;
            for (int copy = 2; !all.TryAdd(label, operationCase with { Label = label }); copy++)
            {
                label = $"{operationCase.Label} #{copy}";
            }
        }

        return all;
    }

    private static Tensor Normal(params ReadOnlySpan<int> shape) => Tensor.RandomNormal(_seed++, shape);

    // Away from zero, for divisors.
    private static Tensor Positive(params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Normal(shape);
        foreach (ref float value in tensor.Span)
        {
            value = 0.5f + Math.Abs(value);
        }

        return tensor;
    }
}
