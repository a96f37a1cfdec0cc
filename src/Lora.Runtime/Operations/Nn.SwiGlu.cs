using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Lora;

public static partial class Nn
{
    /// <summary>silu(gate) · up, element by element (Shazeer 2020, "GLU Variants Improve Transformer").</summary>
    /// <param name="gate">The gate before its activation.</param>
    /// <param name="up">A tensor of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    [Derivative(
        nameof(SwiGluBackward), Reads = Reads.Inputs, Into = nameof(SwiGluInto), InPlace = true, Recompute = true,
        GradientOver = nameof(up), Dimensions = "gate [.., d], up [.., d] -> [.., d]")]
    public static Tensor SwiGlu(Tensor gate, Tensor up)
    {
        ArgumentNullException.ThrowIfNull(gate);
        Tensor result = Operation.Result(gate.FullShape);
        SwiGluInto(gate, up, result);
        return result;
    }

    /// <summary>Writes the result of <see cref="SwiGlu"/>.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SwiGluInto(Tensor gate, Tensor up, Tensor result)
    {
        Checks.SameShape(gate, up, nameof(SwiGlu));
        Elementwise.Map<SwiGluMap>(gate.Span, up.Span, result.Span);
    }

    /// <summary>Adds the gradients of <see cref="SwiGlu"/>; that of up, which is last, may lie in the memory of up.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SwiGluBackward(Tensor gate, Tensor up, Tensor gradResult, Tensor? gradGate, Tensor? gradUp) =>
        SwiGluGradients.Add(gate, up, gradResult, gradGate, gradUp);

    private readonly struct SwiGluMap : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLanes, TVector>(TVector x, TVector y)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => TLanes.Multiply(TLanes.Multiply(x, Functions.Sigmoid<TLanes, TVector>(x)), y);
    }
}
