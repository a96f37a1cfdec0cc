namespace Lora;

/// <summary>The operands of one product of <see cref="LowRank"/>.</summary>
internal unsafe struct ThinJob
{
    public ThinJob()
    {
    }

    public float* A;

    public float* B;

    /// <summary>From one row of b to the next.</summary>
    public nint BStride;

    public float* C;

    public float Scale = 1;

    /// <summary>The examples.</summary>
    public int Count;

    /// <summary>The width of the adapted layer on the product's side.</summary>
    public int Features;

    public int Rank;

    public readonly double Work => 2.0 * Count * Features * Rank;
}
