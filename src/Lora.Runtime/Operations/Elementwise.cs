using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>A function of one element.</summary>
internal interface IMap
{
    static abstract TVector Of<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}

/// <summary>A function of two elements.</summary>
internal interface IMap2
{
    static abstract TVector Of<TLanes, TVector>(TVector x, TVector y)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}

/// <summary>A function of three elements.</summary>
internal interface IMap3
{
    static abstract TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}

/// <summary>A function of two elements, and of a third that it leaves alone.</summary>
internal readonly struct Map2Of<TMap> : IMap3
    where TMap : struct, IMap2
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TMap.Of<TLanes, TVector>(x, y);
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
            TensorPrimitives.Add(target, x, target);
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
            Loop.RunInParts(new ElementwiseLoop<TMap> { X = xs, Y = ys, Z = zs, Target = to, Factor = factor, Overwrite = overwrite }, length);
        }
    }

    private readonly struct MapOf<TMap> : IMap3
        where TMap : struct, IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TMap.Of<TLanes, TVector>(x);
    }

    private readonly struct Same : IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y, TVector z)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => x;
    }
}
