using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>The forward pass of one layer by libtorch, with its adapter or without.</summary>
internal sealed class TorchLayerForward : IWork
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly torch.Tensor _x;
    private readonly torch.Tensor _weight;
    private readonly torch.Tensor _bias;
    private readonly torch.Tensor _a;
    private readonly torch.Tensor _b;
    private readonly bool _adapted;

    public TorchLayerForward(int count, int width, int rank, bool adapted)
    {
        _adapted = adapted;
        _x = torch.randn(count, width);
        _weight = torch.randn(width, width);
        _bias = torch.randn(width);
        _a = torch.randn(width, rank);
        _b = torch.randn(rank, width);
    }

    public void Run()
    {
        using var scope = torch.NewDisposeScope();
        using var mode = torch.inference_mode();
        torch.Tensor y = torch.nn.functional.linear(_x, _weight, _bias);
        if (_adapted)
        {
            y.addmm_(_x.mm(_a), _b, beta: 1, alpha: 2);
        }
    }

    public void Dispose() => _scope.Dispose();
}
