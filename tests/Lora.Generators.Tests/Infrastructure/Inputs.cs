namespace Lora.Generators.Tests;

/// <summary>Arguments of test programs.</summary>
internal static class Inputs
{
    public static Tensor Normal(ulong seed, params ReadOnlySpan<int> shape) => Tensor.RandomNormal(seed, shape);
}
