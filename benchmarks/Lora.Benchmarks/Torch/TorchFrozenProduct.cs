using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>y = x·Wᵀ by libtorch, with W kept [out, in] or [in, out].</summary>
internal sealed class TorchFrozenProduct : IWork
{
    private readonly Cycle<torch.Tensor> _weights;
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly torch.Tensor _x;
    private readonly bool _inFirst;

    public TorchFrozenProduct(int count, int inFeatures, int outFeatures, bool inFirst)
    {
        _inFirst = inFirst;
        _x = torch.randn(count, inFeatures);
        torch.Tensor weight = inFirst ? torch.randn(inFeatures, outFeatures) : torch.randn(outFeatures, inFeatures);
        int copies = Cycle<torch.Tensor>.CountFor((long)sizeof(float) * inFeatures * outFeatures);
        _weights = new([.. Enumerable.Range(0, copies).Select(_ => weight.clone())]);
    }

    public void Run()
    {
        using var mode = torch.inference_mode();
        using torch.Tensor y = _inFirst ? _x.mm(_weights.Next()) : torch.nn.functional.linear(_x, _weights.Next());
    }

    public void Dispose() => _scope.Dispose();
}
