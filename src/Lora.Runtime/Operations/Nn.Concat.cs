using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>Two tensors behind each other along one axis.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second, of the same shape but for the axis.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <exception cref="ArgumentException">The shapes differ in another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensors have no such axis.</exception>
    [Derivative(nameof(ConcatBackward), Into = nameof(ConcatInto), Shape = nameof(ConcatShape), Dimensions = "a [..], b [..] -> [..] with axis = a + b")]
    public static Tensor Concat(Tensor a, Tensor b, int axis)
    {
        Tensor result = Operation.Result(ConcatShape(a, b, axis));
        ConcatInto(a, b, axis, result);
        return result;
    }

    /// <summary>The shape of the result of <see cref="Concat(Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape ConcatShape(Tensor a, Tensor b, int axis)
    {
        int position = Axis.PositionOf(a, axis, nameof(Concat));
        return Resized(a.Shape, position, a.Shape[position] + SizeBehind(a, b, position));
    }

    /// <summary>Writes the result of <see cref="Concat(Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ConcatInto(Tensor a, Tensor b, int axis, Tensor result)
    {
        Checks.Result(result, ConcatShape(a, b, axis), nameof(Concat));
        int next = CopyPart(a, result, axis, 0);
        CopyPart(b, result, axis, next);
    }

    /// <summary>Adds the gradients of <see cref="Concat(Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void ConcatBackward(int axis, Tensor gradResult, Tensor? gradA, Tensor? gradB)
    {
        int position = axis < 0 ? axis + gradResult.Rank : axis;
        AddPart(gradResult, gradA, position, 0);
        AddPart(gradResult, gradB, position, gradB is null ? 0 : gradResult.Shape[position] - gradB.Shape[position]);
    }

    /// <summary>Three tensors behind each other along one axis.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second, of the same shape but for the axis.</param>
    /// <param name="c">The third, of the same shape but for the axis.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <exception cref="ArgumentException">The shapes differ in another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensors have no such axis.</exception>
    [Derivative(
        nameof(Concat3Backward), Into = nameof(Concat3Into), Shape = nameof(Concat3Shape), Saves = nameof(Concat3Saves),
        Dimensions = "a [..], b [..], c [..] -> [..] with axis = a + b + c")]
    public static Tensor Concat(Tensor a, Tensor b, Tensor c, int axis)
    {
        Tensor result = Operation.Result(Concat3Shape(a, b, c, axis));
        Concat3Into(a, b, c, axis, result, Operation.Result(Concat3Saves(a, b, c, axis)));
        return result;
    }

    /// <summary>The shape of the result of <see cref="Concat(Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape Concat3Shape(Tensor a, Tensor b, Tensor c, int axis)
    {
        int position = Axis.PositionOf(a, axis, nameof(Concat));
        return Resized(a.Shape, position, a.Shape[position] + SizeBehind(a, b, position) + SizeBehind(a, c, position));
    }

    /// <summary>The shape of what <see cref="Concat(Tensor, Tensor, Tensor, int)"/> saves: where each part begins.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape Concat3Saves(Tensor a, Tensor b, Tensor c, int axis) => new(3);

    /// <summary>Writes the result of <see cref="Concat(Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Concat3Into(Tensor a, Tensor b, Tensor c, int axis, Tensor result, Tensor saved)
    {
        Checks.Result(result, Concat3Shape(a, b, c, axis), nameof(Concat));
        Span<int> starts = Starts(saved);
        starts[0] = 0;
        starts[1] = CopyPart(a, result, axis, 0);
        starts[2] = CopyPart(b, result, axis, starts[1]);
        CopyPart(c, result, axis, starts[2]);
    }

    /// <summary>Adds the gradients of <see cref="Concat(Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Concat3Backward(int axis, Tensor saved, Tensor gradResult, Tensor? gradA, Tensor? gradB, Tensor? gradC)
    {
        int position = axis < 0 ? axis + gradResult.Rank : axis;
        ReadOnlySpan<int> starts = Starts(saved);
        AddPart(gradResult, gradA, position, starts[0]);
        AddPart(gradResult, gradB, position, starts[1]);
        AddPart(gradResult, gradC, position, starts[2]);
    }

    /// <summary>Four tensors behind each other along one axis.</summary>
    /// <param name="a">The first.</param>
    /// <param name="b">The second, of the same shape but for the axis.</param>
    /// <param name="c">The third, of the same shape but for the axis.</param>
    /// <param name="d">The fourth, of the same shape but for the axis.</param>
    /// <param name="axis">The axis; counted from the end where it is negative.</param>
    /// <exception cref="ArgumentException">The shapes differ in another dimension.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensors have no such axis.</exception>
    [Derivative(
        nameof(Concat4Backward), Into = nameof(Concat4Into), Shape = nameof(Concat4Shape), Saves = nameof(Concat4Saves),
        Dimensions = "a [..], b [..], c [..], d [..] -> [..] with axis = a + b + c + d")]
    public static Tensor Concat(Tensor a, Tensor b, Tensor c, Tensor d, int axis)
    {
        Tensor result = Operation.Result(Concat4Shape(a, b, c, d, axis));
        Concat4Into(a, b, c, d, axis, result, Operation.Result(Concat4Saves(a, b, c, d, axis)));
        return result;
    }

    /// <summary>The shape of the result of <see cref="Concat(Tensor, Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape Concat4Shape(Tensor a, Tensor b, Tensor c, Tensor d, int axis)
    {
        int position = Axis.PositionOf(a, axis, nameof(Concat));
        int size = a.Shape[position] + SizeBehind(a, b, position) + SizeBehind(a, c, position) + SizeBehind(a, d, position);
        return Resized(a.Shape, position, size);
    }

    /// <summary>The shape of what <see cref="Concat(Tensor, Tensor, Tensor, Tensor, int)"/> saves: where each part begins.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static TensorShape Concat4Saves(Tensor a, Tensor b, Tensor c, Tensor d, int axis) => new(4);

    /// <summary>Writes the result of <see cref="Concat(Tensor, Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Concat4Into(Tensor a, Tensor b, Tensor c, Tensor d, int axis, Tensor result, Tensor saved)
    {
        Checks.Result(result, Concat4Shape(a, b, c, d, axis), nameof(Concat));
        Span<int> starts = Starts(saved);
        starts[0] = 0;
        starts[1] = CopyPart(a, result, axis, 0);
        starts[2] = CopyPart(b, result, axis, starts[1]);
        starts[3] = CopyPart(c, result, axis, starts[2]);
        CopyPart(d, result, axis, starts[3]);
    }

    /// <summary>Adds the gradients of <see cref="Concat(Tensor, Tensor, Tensor, Tensor, int)"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Concat4Backward(
        int axis, Tensor saved, Tensor gradResult, Tensor? gradA, Tensor? gradB, Tensor? gradC, Tensor? gradD)
    {
        int position = axis < 0 ? axis + gradResult.Rank : axis;
        ReadOnlySpan<int> starts = Starts(saved);
        AddPart(gradResult, gradA, position, starts[0]);
        AddPart(gradResult, gradB, position, starts[1]);
        AddPart(gradResult, gradC, position, starts[2]);
        AddPart(gradResult, gradD, position, starts[3]);
    }

    // The starts are integers in the memory of floats: no input needs to stay for its shape's sake.
    private static Span<int> Starts(Tensor saved) => MemoryMarshal.Cast<float, int>(saved.Span);

    private static int SizeBehind(Tensor first, Tensor other, int position)
    {
        ArgumentNullException.ThrowIfNull(other);
        bool fits = first.Rank == other.Rank;
        for (int i = 0; fits && i < first.Rank; i++)
        {
            fits = i == position || first.Shape[i] == other.Shape[i];
        }

        return fits ? other.Shape[position] : throw new ArgumentException(
            $"Concat along axis {position} was given {first.FullShape} and {other.FullShape}: all other dimensions must be equal.");
    }

    private static int CopyPart(Tensor part, Tensor result, int axis, int start)
    {
        var view = Axis.Of(part, axis, nameof(Concat));
        int size = result.Shape[view.Position];
        int run = view.Size * view.Inner;
        ReadOnlySpan<float> source = part.Span;
        Span<float> target = result.Span;
        for (int outer = 0; outer < view.Outer; outer++)
        {
            source.Slice(outer * run, run).CopyTo(target.Slice(((outer * size) + start) * view.Inner, run));
        }

        return start + view.Size;
    }

    private static void AddPart(Tensor gradResult, Tensor? gradPart, int position, int start)
    {
        if (gradPart is null)
        {
            return;
        }

        var view = Axis.Of(gradPart.Shape, position);
        int size = gradResult.Shape[position];
        int run = view.Size * view.Inner;
        ReadOnlySpan<float> g = gradResult.Span;
        Span<float> target = gradPart.BeginAccumulate(out bool overwrite);
        for (int outer = 0; outer < view.Outer; outer++)
        {
            Elementwise.AccumulateRun(g.Slice(((outer * size) + start) * view.Inner, run), target.Slice(outer * run, run), overwrite);
        }
    }
}
