namespace Lora;

/// <summary>A product of <see cref="LowRank"/>, in a form of its own for a rank that the compiler knows where that brings something.</summary>
internal interface IThinProduct
{
    /// <summary>The product for a job whose rank is TRank's.</summary>
    static abstract void Run<TRank>(in ThinJob job)
        where TRank : struct, IRank;

    /// <summary>The product for any rank.</summary>
    static abstract void RunAny(in ThinJob job);

    /// <summary>The job for some of the units that parts are made of.</summary>
    static abstract ThinJob Slice(in ThinJob job, int first, int count);

    /// <summary>How many units the job has, and what number of them is a part's at least.</summary>
    static abstract (int Units, int Least) UnitsOf(in ThinJob job);
}
