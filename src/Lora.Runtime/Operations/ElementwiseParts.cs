using System.Numerics;

namespace Lora;

/// <summary>target = factor · f(x, y, z), or target += factor · f(x, y, z), in stretches of elements.</summary>
internal unsafe struct ElementwiseParts<TMap> : IParts
    where TMap : struct, IMap3
{
    /// <summary>The elements of a part: a multiple of every vector.</summary>
    private const int PartLength = 8192;

    /// <summary>About what one element costs, in floating-point operations at the speed of a product.</summary>
    private const double WorkPerElement = 32;

    public float* X;
    public float* Y;
    public float* Z;
    public float* Target;
    public float Factor;
    public int Length;
    public bool Overwrite;

    public void Run() => Workers.Run(ref this, (Length + PartLength - 1) / PartLength, WorkPerElement * Length);

    public readonly void Run(int part)
    {
        int width = Vector<float>.Count;
        var factor = new Vector<float>(Factor);
        int i = part * PartLength;
        int end = Math.Min(Length, i + PartLength);
        if (Overwrite)
        {
            for (; i <= end - width; i += width)
            {
                (factor * TMap.Of(Vector.Load(X + i), Vector.Load(Y + i), Vector.Load(Z + i))).Store(Target + i);
            }
        }
        else
        {
            for (; i <= end - width; i += width)
            {
                (Vector.Load(Target + i) + (factor * TMap.Of(Vector.Load(X + i), Vector.Load(Y + i), Vector.Load(Z + i)))).Store(Target + i);
            }
        }

        if (i < end)
        {
            RunRest(i, end - i);
        }
    }

    private readonly void RunRest(int start, int length)
    {
        Vector<float> rest = Factor * TMap.Of(Rest(X, start, length), Rest(Y, start, length), Rest(Z, start, length));
        Elementwise.StorePartial(Overwrite ? rest : rest + Rest(Target, start, length), new Span<float>(Target + start, length));
    }

    private static Vector<float> Rest(float* values, int start, int length) =>
        Elementwise.LoadPartial(new ReadOnlySpan<float>(values + start, length));
}
