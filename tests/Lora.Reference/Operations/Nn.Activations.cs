namespace Lora;

public static partial class Nn
{
    public static Tensor Relu(Tensor x) => Map(x, v => Math.Max(v, 0));

    public static Tensor Gelu(Tensor x) => Map(x, v => 0.5 * v * (1 + Erf(v / Math.Sqrt(2))));

    public static Tensor GeluTanh(Tensor x) =>
        Map(x, v => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v)))));

    public static Tensor Silu(Tensor x) => Map(x, v => v * Logistic(v));

    public static Tensor Tanh(Tensor x) => Map(x, Math.Tanh);

    public static Tensor Sigmoid(Tensor x) => Map(x, Logistic);

    public static Tensor SwiGlu(Tensor gate, Tensor up)
    {
        RequireSameShape(gate, up);
        return Broadcast(gate, up, (g, u) => g * Logistic(g) * u);
    }

    public static Tensor Stop(Tensor x) => x;

    public static double Stop(double x) => x;

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    // erf x = 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, whose terms all have one sign; beyond 6 it is ±1 to the last bit.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
