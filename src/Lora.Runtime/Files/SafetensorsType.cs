namespace Lora;

/// <summary>The element types that tensors are written as.</summary>
public enum SafetensorsType
{
    /// <summary>32 bits, <c>F32</c>: nothing is lost.</summary>
    Float32,

    /// <summary>The upper 16 bits of a float32, <c>BF16</c>, rounded to the nearest, ties to even.</summary>
    BFloat16,
}
