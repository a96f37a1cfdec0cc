using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The vector operations that loops over floats are written in, so that one text serves every vector width.</summary>
/// <typeparam name="TVector">The vector of one register.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>The floats of one register.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(float* source);

    /// <summary>The first weights of pairs in bfloat16: see <see cref="BFloat16Pairs"/>.</summary>
    static abstract TVector LoadLower(float* pairs);

    /// <summary>The second ones.</summary>
    static abstract TVector LoadUpper(float* pairs);

    static abstract void Store(float* destination, TVector value);

    static abstract TVector Broadcast(float value);

    /// <summary>left · right + addend, rounded once where the machine can.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    static abstract TVector SquareRoot(TVector value);

    /// <summary>The smaller of the two; right where one is not a number, on the machines where that is cheapest.</summary>
    static abstract TVector Min(TVector left, TVector right);

    /// <summary>The larger of the two; right where one is not a number, on the machines where that is cheapest.</summary>
    static abstract TVector Max(TVector left, TVector right);

    /// <summary>value where left is below right, otherwise elsewhere, and so where one of them is not a number.</summary>
    static abstract TVector WhereLess(TVector left, TVector right, TVector value, TVector otherwise);

    /// <summary>The first count lanes of value, and those of other in the rest.</summary>
    static abstract TVector KeepFirst(TVector value, int count, TVector other);

    /// <summary>value · 2ⁿ for whole n from −160 to 160, rounded once.</summary>
    static abstract TVector ScaleByPowerOfTwo(TVector value, TVector n);

    static abstract float Sum(TVector vector);

    /// <summary>The sums of eight vectors, on a machine that has such vectors.</summary>
    static abstract Vector256<float> Sums(TVector v0, TVector v1, TVector v2, TVector v3, TVector v4, TVector v5, TVector v6, TVector v7);

    /// <summary>The largest element, NaN where there is one.</summary>
    static abstract float Largest(TVector vector);
}
