using System.Numerics.Tensors;

namespace Lora.Models;

/// <summary>Chooses tokens by their logits: the most likely, or draws by temperature among the k most likely.</summary>
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
        if (count < logits.Length)
        {
            _scores.AsSpan().Sort(_tokens.AsSpan());
        }

        double largest = -TensorPrimitives.Min<float>(_scores.AsSpan(0, count));
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += Math.Exp((-_scores[i] - largest) / options.Temperature);
        }

        double left = _random.NextDouble() * sum;
        for (int i = 0; i < count - 1; i++)
        {
            left -= Math.Exp((-_scores[i] - largest) / options.Temperature);
            if (left < 0)
            {
                return _tokens[i];
            }
        }

        return _tokens[count - 1];
    }
}
