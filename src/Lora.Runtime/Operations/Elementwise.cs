using System.Numerics;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>A function of one element.</summary>
internal interface IMap
{
    static abstract Vector<float> Of(Vector<float> x);
}

/// <summary>A function of two elements.</summary>
internal interface IMap2
{
    static abstract Vector<float> Of(Vector<float> x, Vector<float> y);
}

/// <summary>A function of three elements.</summary>
internal interface IMap3
{
    static abstract Vector<float> Of(Vector<float> x, Vector<float> y, Vector<float> z);
}

/// <summary>
/// Runs a function over spans of one length, or adds its values into a gradient. The function is compiled into the loop. A result may be
/// one of the inputs.
/// </summary>
internal static class Elementwise
{
    public static void Map<TMap>(ReadOnlySpan<float> x, Span<float> result)
        where TMap : struct, IMap => Run<MapOf<TMap>>(x, x, x, 1, result, overwrite: true);

    public static void Map<TMap>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> result)
        where TMap : struct, IMap2 => Run<Map2Of<TMap>>(x, y, y, 1, result, overwrite: true);

    /// <summary>gradient += f(x, y), element by element.</summary>
    public static void Accumulate<TMap>(Tensor x, Tensor y, Tensor gradient)
        where TMap : struct, IMap2 => Accumulate<TMap>(x, y, 1, gradient);

    /// <summary>gradient += factor · f(x, y), element by element.</summary>
    public static void Accumulate<TMap>(Tensor x, Tensor y, float factor, Tensor gradient)
        where TMap : struct, IMap2
    {
        Span<float> target = gradient.BeginAccumulate(out bool overwrite);
        Run<Map2Of<TMap>>(x.Span, y.Span, y.Span, factor, target, overwrite);
    }

    /// <summary>gradient += f(x, y, z), element by element.</summary>
    public static void Accumulate<TMap>(Tensor x, Tensor y, Tensor z, Tensor gradient)
        where TMap : struct, IMap3
    {
        Span<float> target = gradient.BeginAccumulate(out bool overwrite);
        Run<TMap>(x.Span, y.Span, z.Span, 1, target, overwrite);
    }

    /// <summary>gradient += factor · x.</summary>
    public static void AccumulateScaled(Tensor x, float factor, Tensor gradient)
    {
        Span<float> target = gradient.BeginAccumulate(out bool overwrite);
        Run<Same>(x.Span, x.Span, x.Span, factor, target, overwrite);
    }

    /// <summary>gradient += x, in spans of one length.</summary>
    public static void AccumulateRun(ReadOnlySpan<float> x, Span<float> target, bool overwrite)
    {
        if (overwrite)
        {
            x.CopyTo(target);
        }
        else
        {
            System.Numerics.Tensors.TensorPrimitives.Add(target, x, target);
        }
    }

    /// <summary>gradient += x, where shapes agree or are those of a reshaping.</summary>
    public static void Accumulate(Tensor x, Tensor? gradient)
    {
        if (gradient is not null)
        {
            Span<float> target = gradient.BeginAccumulate(out bool overwrite);
            AccumulateRun(x.Span, target, overwrite);
        }
    }

    public static Vector<float> LoadPartial(ReadOnlySpan<float> values)
    {
        Span<float> padded = stackalloc float[Vector<float>.Count];
        padded.Clear();
        values.CopyTo(padded);
        return new Vector<float>(padded);
    }

    public static void StorePartial(Vector<float> value, Span<float> destination)
    {
        Span<float> padded = stackalloc float[Vector<float>.Count];
        value.CopyTo(padded);
        padded[..destination.Length].CopyTo(destination);
    }

    private static unsafe void Run<TMap>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, float factor, Span<float> target, bool overwrite)
        where TMap : struct, IMap3
    {
        int length = target.Length;
        if (x.Length < length || y.Length < length || z.Length < length)
        {
            throw new ArgumentException($"An element-wise operation was given {x.Length}, {y.Length} and {z.Length} elements for {length}.");
        }

        fixed (float* xs = x, ys = y, zs = z, to = target)
        {
            var job = new ElementwiseParts<TMap> { X = xs, Y = ys, Z = zs, Target = to, Factor = factor, Length = length, Overwrite = overwrite };
            job.Run();
        }
    }

    private readonly struct MapOf<TMap> : IMap3
        where TMap : struct, IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<float> x, Vector<float> y, Vector<float> z) => TMap.Of(x);
    }

    private readonly struct Map2Of<TMap> : IMap3
        where TMap : struct, IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<float> x, Vector<float> y, Vector<float> z) => TMap.Of(x, y);
    }

    private readonly struct Same : IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<float> x, Vector<float> y, Vector<float> z) => x;
    }
}
