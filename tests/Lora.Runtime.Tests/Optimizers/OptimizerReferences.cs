namespace Lora.Tests.Optimizers;

/// <summary>The optimisers as PyTorch's documentation writes them, plainly and in double precision.</summary>
internal static class OptimizerReferences
{
    public static double[] Adam(
        double[] start, Func<int, double[]> gradients, int steps, double rate, double beta1, double beta2, double epsilon, double decay, bool isDecoupled = true)
    {
        double[] values = [.. start];
        double[] m = new double[values.Length];
        double[] v = new double[values.Length];
        for (int t = 1; t <= steps; t++)
        {
            double[] g = gradients(t);
            for (int i = 0; i < values.Length; i++)
            {
                double gradient = isDecoupled ? g[i] : g[i] + (decay * values[i]);
                values[i] -= isDecoupled ? rate * decay * values[i] : 0;
                m[i] = (beta1 * m[i]) + ((1 - beta1) * gradient);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * gradient * gradient);
                double mHat = m[i] / (1 - Math.Pow(beta1, t));
                double vHat = v[i] / (1 - Math.Pow(beta2, t));
                values[i] -= rate * mHat / (Math.Sqrt(vHat) + epsilon);
            }
        }

        return values;
    }

    public static double[] Sgd(double[] start, Func<int, double[]> gradients, int steps, double rate, double momentum, double decay)
    {
        double[] values = [.. start];
        double[] buffer = new double[values.Length];
        for (int t = 1; t <= steps; t++)
        {
            double[] g = gradients(t);
            for (int i = 0; i < values.Length; i++)
            {
                double direction = g[i] + (decay * values[i]);
                buffer[i] = t == 1 ? direction : (momentum * buffer[i]) + direction;
                values[i] -= rate * buffer[i];
            }
        }

        return values;
    }
}
