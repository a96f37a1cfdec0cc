namespace Lora;

public sealed partial class Tensor
{
    /// <inheritdoc cref="Nn.Add(Tensor, Tensor)"/>
    [Derivative(
        nameof(Nn.AddBackward), Into = nameof(Nn.AddInto), Shape = nameof(Nn.AddShape), InPlace = true, SharesGradient = [nameof(a), nameof(b)],
        Dimensions = Nn.Broadcasting, Declaring = typeof(Nn))]
    public static Tensor operator +(Tensor a, Tensor b) => Nn.Add(a, b);

    /// <inheritdoc cref="Nn.Add(Tensor, float)"/>
    [Derivative(nameof(Nn.AddNumberBackward), Into = nameof(Nn.AddNumberInto), InPlace = true, SharesGradient = [nameof(x)], Declaring = typeof(Nn))]
    public static Tensor operator +(Tensor x, [NoDerivative] float value) => Nn.Add(x, value);

    /// <inheritdoc cref="Nn.Add(Tensor, float)"/>
    [Derivative(nameof(Nn.AddNumberBackward), Into = nameof(Nn.AddNumberInto), InPlace = true, SharesGradient = [nameof(x)], Declaring = typeof(Nn))]
    public static Tensor operator +([NoDerivative] float value, Tensor x) => Nn.Add(x, value);

    /// <inheritdoc cref="Nn.Subtract(Tensor, Tensor)"/>
    [Derivative(
        nameof(Nn.SubtractBackward), Into = nameof(Nn.SubtractInto), Shape = nameof(Nn.SubtractShape), InPlace = true, SharesGradient = [nameof(a)],
        Dimensions = Nn.Broadcasting, Declaring = typeof(Nn))]
    public static Tensor operator -(Tensor a, Tensor b) => Nn.Subtract(a, b);

    /// <inheritdoc cref="Nn.Subtract(Tensor, float)"/>
    [Derivative(nameof(Nn.SubtractNumberBackward), Into = nameof(Nn.SubtractNumberInto), InPlace = true, SharesGradient = [nameof(x)], Declaring = typeof(Nn))]
    public static Tensor operator -(Tensor x, [NoDerivative] float value) => Nn.Subtract(x, value);

    /// <inheritdoc cref="Nn.Subtract(float, Tensor)"/>
    [Derivative(nameof(Nn.SubtractFromNumberBackward), Into = nameof(Nn.SubtractFromNumberInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator -([NoDerivative] float value, Tensor x) => Nn.Subtract(value, x);

    /// <inheritdoc cref="Nn.Multiply(Tensor, Tensor)"/>
    [Derivative(
        nameof(Nn.MultiplyBackward), Reads = Reads.Inputs, Into = nameof(Nn.MultiplyInto), Shape = nameof(Nn.MultiplyShape), InPlace = true, Recompute = true,
        Dimensions = Nn.Broadcasting, Declaring = typeof(Nn))]
    public static Tensor operator *(Tensor a, Tensor b) => Nn.Multiply(a, b);

    /// <inheritdoc cref="Nn.Multiply(Tensor, float)"/>
    [Derivative(nameof(Nn.MultiplyNumberBackward), Into = nameof(Nn.MultiplyNumberInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator *(Tensor x, [NoDerivative] float value) => Nn.Multiply(x, value);

    /// <inheritdoc cref="Nn.Multiply(Tensor, float)"/>
    [Derivative(nameof(Nn.MultiplyNumberBackward), Into = nameof(Nn.MultiplyNumberInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator *([NoDerivative] float value, Tensor x) => Nn.Multiply(x, value);

    /// <inheritdoc cref="Nn.Divide(Tensor, Tensor)"/>
    [Derivative(
        nameof(Nn.DivideBackward), Reads = Reads.Inputs, Into = nameof(Nn.DivideInto), Shape = nameof(Nn.DivideShape), InPlace = true, Recompute = true,
        Dimensions = Nn.Broadcasting, Declaring = typeof(Nn))]
    public static Tensor operator /(Tensor a, Tensor b) => Nn.Divide(a, b);

    /// <inheritdoc cref="Nn.Divide(Tensor, float)"/>
    [Derivative(nameof(Nn.DivideNumberBackward), Into = nameof(Nn.DivideNumberInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator /(Tensor x, [NoDerivative] float value) => Nn.Divide(x, value);

    /// <inheritdoc cref="Nn.Divide(float, Tensor)"/>
    [Derivative(nameof(Nn.DivideIntoNumberBackward), Reads = Reads.Inputs, Into = nameof(Nn.DivideIntoNumberInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator /([NoDerivative] float value, Tensor x) => Nn.Divide(value, x);

    /// <inheritdoc cref="Nn.Negate"/>
    [Derivative(nameof(Nn.NegateBackward), Into = nameof(Nn.NegateInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator -(Tensor x) => Nn.Negate(x);
}
