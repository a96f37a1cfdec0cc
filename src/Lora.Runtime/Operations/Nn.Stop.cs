namespace Lora;

public static partial class Nn
{
    /// <summary>
    /// The same tensor as a constant: no gradient flows through it. In a <c>[Differentiable]</c> body, what stands inside runs as ordinary code and allocates
    /// its results at each step.
    /// </summary>
    /// <param name="x">A tensor.</param>
    [NoDerivative]
    public static Tensor Stop(Tensor x) => x;

    /// <summary>
    /// The same number as a constant: no gradient flows through it. In a <c>[Differentiable]</c> body, what stands inside runs as ordinary code and allocates
    /// its results at each step.
    /// </summary>
    /// <param name="x">A number.</param>
    [NoDerivative]
    public static float Stop(float x) => x;
}
