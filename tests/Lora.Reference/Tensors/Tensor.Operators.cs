namespace Lora;

public sealed partial class Tensor
{
    public static Tensor operator +(Tensor a, Tensor b) => Nn.Add(a, b);

    public static Tensor operator +(Tensor a, double b) => Nn.Add(a, b);

    public static Tensor operator +(double a, Tensor b) => Nn.Add(b, a);

    public static Tensor operator -(Tensor a, Tensor b) => Nn.Subtract(a, b);

    public static Tensor operator -(Tensor a, double b) => Nn.Subtract(a, b);

    public static Tensor operator -(double a, Tensor b) => Nn.Subtract(a, b);

    public static Tensor operator *(Tensor a, Tensor b) => Nn.Multiply(a, b);

    public static Tensor operator *(Tensor a, double b) => Nn.Multiply(a, b);

    public static Tensor operator *(double a, Tensor b) => Nn.Multiply(b, a);

    public static Tensor operator /(Tensor a, Tensor b) => Nn.Divide(a, b);

    public static Tensor operator /(Tensor a, double b) => Nn.Divide(a, b);

    public static Tensor operator /(double a, Tensor b) => Nn.Divide(a, b);

    public static Tensor operator -(Tensor a) => Nn.Negate(a);
}
