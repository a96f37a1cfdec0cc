namespace Lora;

/// <summary>y = x·Wᵀ + b + scaling·(x·A)·B.</summary>
public sealed class Linear : AdaptedLayer
{
    private readonly Tensor _weight;
    private readonly Tensor? _bias;

    public Linear(int inFeatures, int outFeatures, bool bias = true)
    {
        double bound = 1 / Math.Sqrt(inFeatures);
        _weight = Tensor.RandomUniform(1, -bound, bound, outFeatures, inFeatures);
        _bias = bias ? Tensor.RandomUniform(2, -bound, bound, outFeatures) : null;
    }

    private Linear(Tensor weight, Tensor? bias)
    {
        _weight = weight.Clone();
        _bias = bias?.Clone();
    }

    public int InFeatures => _weight.Shape[1];

    public int OutFeatures => _weight.Shape[0];

    public bool HasBias => _bias is not null;

    public override IReadOnlyDictionary<string, Tensor> Weights =>
        _bias is null ? new Dictionary<string, Tensor> { ["weight"] = _weight } : new() { ["weight"] = _weight, ["bias"] = _bias };

    public static Linear From(Tensor weight, Tensor? bias) => new(weight, bias);

    public void SetWeight(Tensor weight) => weight.Span.CopyTo(_weight.Span);

    public void SetBias(Tensor bias) => bias.Span.CopyTo(_bias!.Span);

    public Tensor Forward(Tensor x)
    {
        Tensor result = ForwardFrozen(x);
        return Adapter is null ? result : Nn.Add(result, Nn.Reshape(Nn.MatMul(Rows(x), Adapter.Delta()), result.Shape));
    }

    public Tensor ForwardFrozen(Tensor x)
    {
        Tensor product = Nn.Reshape(Nn.MatMul(Rows(x), Nn.Transpose(_weight)), [.. x.Shape[..^1], OutFeatures]);
        return _bias is null ? product : Nn.Add(product, _bias);
    }

    private Tensor Rows(Tensor x) => Nn.Reshape(x, x.Length / InFeatures, InFeatures);
}
