using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>A frozen linear layer without bias in libtorch, W kept [out, in] or [in, out], and its adapter, which is added in the result's own memory.</summary>
internal sealed class TorchLinear(int inFeatures, int outFeatures, bool inFirst, torch.ScalarType type = torch.ScalarType.Float32)
{
    private const float Scaling = 2;

    private readonly torch.Tensor _weight =
        (inFirst ? torch.randn(inFeatures, outFeatures) : torch.randn(outFeatures, inFeatures)).mul_(1 / Math.Sqrt(inFeatures)).to_type(type);

    private TorchSharp.Modules.Parameter? _a;
    private TorchSharp.Modules.Parameter? _b;

    /// <summary>A and B, where there is an adapter.</summary>
    public IEnumerable<TorchSharp.Modules.Parameter> Parameters => _a is null || _b is null ? [] : [_a, _b];

    public void Adapt(int rank)
    {
        _a = new(torch.randn(inFeatures, rank).mul_(1 / Math.Sqrt(inFeatures)));
        _b = new(torch.zeros(rank, outFeatures));
    }

    /// <summary>[rows, in] → [rows, out].</summary>
    public torch.Tensor Forward(torch.Tensor x)
    {
        torch.Tensor y = inFirst ? x.mm(_weight) : torch.nn.functional.linear(x, _weight);
        return _a is null || _b is null ? y : y.addmm_(x.mm(_a), _b, beta: 1, alpha: Scaling);
    }
}
