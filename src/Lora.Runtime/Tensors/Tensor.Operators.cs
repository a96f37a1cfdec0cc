namespace Lora;

public sealed partial class Tensor
{
    /// <inheritdoc cref="Nn.Add"/>
    [Derivative(nameof(Nn.AddBackward), Into = nameof(Nn.AddInto), InPlace = true, Declaring = typeof(Nn))]
    public static Tensor operator +(Tensor a, Tensor b) => Nn.Add(a, b);
}
