using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>Root-mean-square normalisation in libtorch, which TorchSharp has no single call for.</summary>
internal sealed class TorchRmsNorm(int width, torch.ScalarType type)
{
    private readonly torch.Tensor _weight = torch.ones(width, dtype: type);

    public torch.Tensor Forward(torch.Tensor x) => x * torch.rsqrt(x.square().mean([-1], keepdim: true) + 1e-6) * _weight;
}
