namespace Lora;

/// <summary>y = x / √(mean x² + ε) · w over the last dimension (Zhang and Sennrich 2019).</summary>
public sealed class RmsNorm(int width, double epsilon = 1e-5) : Layer
{
    private readonly Tensor _weight = Tensor.Full(1, width);

    public override IReadOnlyDictionary<string, Tensor> Weights => new Dictionary<string, Tensor> { ["weight"] = _weight };

    public void SetWeight(Tensor weight) => weight.Span.CopyTo(_weight.Span);

    public Tensor Forward(Tensor x)
    {
        Tensor meanOfSquares = Nn.Mean(x * x, -1, keepDims: true);
        Tensor scale = Tensor.Zeros(meanOfSquares.Shape);
        for (int i = 0; i < scale.Length; i++)
        {
            scale.Span[i] = 1 / Math.Sqrt(meanOfSquares.Span[i] + epsilon);
        }

        return x * scale * _weight;
    }
}

/// <summary>y = (x - mean x) / √(var x + ε) · w + b over the last dimension (Ba et al. 2016).</summary>
public sealed class LayerNorm(int width, double epsilon = 1e-5, bool bias = true) : Layer
{
    private readonly Tensor _weight = Tensor.Full(1, width);
    private readonly Tensor? _bias = bias ? Tensor.Zeros(width) : null;

    public override IReadOnlyDictionary<string, Tensor> Weights =>
        _bias is null ? new Dictionary<string, Tensor> { ["weight"] = _weight } : new() { ["weight"] = _weight, ["bias"] = _bias };

    public void SetWeight(Tensor weight) => weight.Span.CopyTo(_weight.Span);

    public void SetBias(Tensor bias) => bias.Span.CopyTo(_bias!.Span);

    public Tensor Forward(Tensor x)
    {
        Tensor centred = x - Nn.Mean(x, -1, keepDims: true);
        Tensor variance = Nn.Mean(centred * centred, -1, keepDims: true);
        Tensor scale = Tensor.Zeros(variance.Shape);
        for (int i = 0; i < scale.Length; i++)
        {
            scale.Span[i] = 1 / Math.Sqrt(variance.Span[i] + epsilon);
        }

        Tensor scaled = centred * scale * _weight;
        return _bias is null ? scaled : scaled + _bias;
    }
}
