using System.Numerics.Tensors;

namespace Lora.Models;

/// <summary>Chooses tokens by their logits: the most likely, or draws by temperature among the k most likely, or those that have a share of all probability.</summary>
internal sealed class TokenSampler(GenerationOptions options)
{
    private readonly LoraRandom _random = new(options.Seed);
    private float[] _scores = [];
    private int[] _tokens = [];

    public int Next(ReadOnlySpan<float> logits)
    {
        if (options.Temperature == 0 || options.TopK == 1)
        {
            return TensorPrimitives.IndexOfMax(logits);
        }

        if (_tokens.Length != logits.Length)
        {
            _scores = new float[logits.Length];
            _tokens = new int[logits.Length];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            _scores[i] = -logits[i];
            _tokens[i] = i;
        }

        int count = options.TopK == 0 ? logits.Length : Math.Min(options.TopK, logits.Length);
        if (count < logits.Length || options.TopP < 1)
        {
            _scores.AsSpan().Sort(_tokens.AsSpan());
        }

        double largest = -TensorPrimitives.Min<float>(_scores.AsSpan(0, count));
        double sum = SumOf(largest, ref count);
        double left = _random.NextDouble() * sum;
        for (int i = 0; i < count - 1; i++)
        {
            left -= WeightOf(i, largest);
            if (left < 0)
            {
                return _tokens[i];
            }
        }

        return _tokens[count - 1];
    }

    // The weights of the tokens that a draw chooses from, of which TopP may leave fewer.
    private double SumOf(double largest, ref int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += WeightOf(i, largest);
        }

        if (options.TopP == 1)
        {
            return sum;
        }

        double share = options.TopP * sum;
        double kept = 0;
        for (int i = 0; i < count; i++)
        {
            kept += WeightOf(i, largest);
            if (kept >= share)
            {
                count = i + 1;
            }
        }

        return kept;
    }

    private double WeightOf(int i, double largest) => Math.Exp((-_scores[i] - largest) / options.Temperature);
}
