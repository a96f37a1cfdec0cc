using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>Rotary positions in libtorch, as one product of complex numbers: neighbours are a pair.</summary>
internal static class TorchRotary
{
    /// <summary>The turns of the first positions, [length, d / 2].</summary>
    public static torch.Tensor Angles(int length, int headDim, double theta)
    {
        torch.Tensor frequencies = torch.pow(theta, torch.arange(0, headDim, 2, dtype: torch.float32) / -headDim);
        torch.Tensor angles = torch.outer(torch.arange(length, dtype: torch.float32), frequencies);
        return torch.polar(torch.ones_like(angles), angles);
    }

    /// <summary>x [batch, heads, length, d].</summary>
    public static torch.Tensor Turn(torch.Tensor x, torch.Tensor angles)
    {
        torch.Tensor pairs = x.to_type(torch.ScalarType.Float32).reshape([.. x.shape[..^1], x.shape[^1] / 2, 2]);
        return (pairs.view_as_complex() * angles).view_as_real().reshape(x.shape).to_type(x.dtype);
    }
}
