using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>The same step by libtorch: the frozen product with its bias, the adapter added in the same memory, mean squared error, Adam.</summary>
internal sealed class TorchLoraLayer : IWork
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();
    private readonly torch.Tensor _weight;
    private readonly torch.Tensor _bias;
    private readonly torch.Tensor _a;
    private readonly torch.Tensor _b;
    private readonly torch.Tensor _x;
    private readonly torch.Tensor _target;
    private readonly TorchSharp.Modules.Adam _adam;
    private readonly bool _inFirst;

    public TorchLoraLayer(int count, int width, int rank, bool gradientOfInput, bool inFirst)
    {
        _inFirst = inFirst;
        _weight = torch.randn(width, width);
        _bias = torch.randn(width);
        var a = new TorchSharp.Modules.Parameter(torch.randn(width, rank));
        var b = new TorchSharp.Modules.Parameter(torch.zeros(rank, width));
        (_a, _b) = (a, b);
        _x = torch.randn(count, width).requires_grad_(gradientOfInput);
        _target = torch.randn(count, width);
        _adam = torch.optim.Adam([a, b], lr: 1e-3);
    }

    public void Run()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor y = Forward(_x, _weight, _bias, _inFirst).addmm_(_x.mm(_a), _b, beta: 1, alpha: 2);
        torch.nn.functional.mse_loss(y, _target).backward();
        _adam.step();
        _adam.zero_grad();
        if (_x.requires_grad)
        {
            _x.grad = null;
        }
    }

    public static torch.Tensor Forward(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, bool inFirst) =>
        inFirst ? torch.addmm(bias, x, weight, beta: 1, alpha: 1) : torch.nn.functional.linear(x, weight, bias);

    public void Dispose()
    {
        _adam.Dispose();
        _scope.Dispose();
    }
}
