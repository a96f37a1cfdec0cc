namespace Lora;

/// <summary>A product of <see cref="LowRank"/> that gains from a rank that the compiler knows.</summary>
internal interface IThinProduct
{
    /// <summary>The product for a job whose rank is TRank's.</summary>
    static abstract void Run<TRank>(in ThinJob job)
        where TRank : struct, IRank;

    /// <summary>The product for any rank.</summary>
    static abstract void RunAny(in ThinJob job);
}
