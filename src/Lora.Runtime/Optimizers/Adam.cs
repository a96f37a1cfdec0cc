using System.Numerics;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>
/// Adam (Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"), in PyTorch's form: bias-corrected moments, and epsilon
/// added outside the root.
/// </summary>
public class Adam : Optimizer
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly float _epsilon;
    private readonly double _weightDecay;
    private readonly bool _isDecoupled;
    private readonly Tensor[] _averages;
    private readonly Tensor[] _squareAverages;
    private readonly Tensor[] _steps;

    /// <summary>Creates the optimiser.</summary>
    /// <param name="parameters">What it changes, such as a model's <c>TrainableParameters</c>.</param>
    /// <param name="learningRate">The step size.</param>
    /// <param name="beta1">How much of the average of the gradients a step keeps.</param>
    /// <param name="beta2">How much of the average of their squares a step keeps.</param>
    /// <param name="epsilon">Added to the root of the second average.</param>
    /// <param name="weightDecay">How much of its value is added to each gradient; <see cref="AdamW"/> has the decoupled decay.</param>
    /// <exception cref="ArgumentException">A number lies outside its range, or there is no parameter, or one is given twice.</exception>
    public Adam(
        IReadOnlyList<Parameter> parameters, float learningRate = 1e-3f, float beta1 = 0.9f, float beta2 = 0.999f, float epsilon = 1e-8f, float weightDecay = 0)
        : this(parameters, learningRate, beta1, beta2, epsilon, weightDecay, isDecoupled: false)
    {
    }

    private protected Adam(
        IReadOnlyList<Parameter> parameters, float learningRate, float beta1, float beta2, float epsilon, float weightDecay, bool isDecoupled)
        : base(parameters, learningRate)
    {
        _isDecoupled = isDecoupled;
        _beta1 = DecimalValue.Of(CheckBelowOne(beta1, nameof(beta1)));
        _beta2 = DecimalValue.Of(CheckBelowOne(beta2, nameof(beta2)));
        _epsilon = CheckNotNegative(epsilon, nameof(epsilon));
        _weightDecay = DecimalValue.Of(CheckNotNegative(weightDecay, nameof(weightDecay)));
        _averages = StatePerParameter();
        _squareAverages = StatePerParameter();
        _steps = [.. Parameters.Select(_ => Tensor.Zeros())];
    }

    /// <inheritdoc/>
    /// <remarks>The parts are PyTorch's: <c>exp_avg</c>, <c>exp_avg_sq</c> and <c>step</c>, the number of updates of that parameter.</remarks>
    public override IEnumerable<(string Name, Tensor Value)> State
    {
        get
        {
            for (int i = 0; i < Parameters.Count; i++)
            {
                yield return (Parameters[i].Name + ".exp_avg", _averages[i]);
                yield return (Parameters[i].Name + ".exp_avg_sq", _squareAverages[i]);
                yield return (Parameters[i].Name + ".step", _steps[i]);
            }
        }
    }

    /// <summary>The bytes of the state of one parameter: two averages of its size, and a count.</summary>
    internal static long StateBytesOf(Parameter parameter) => ((2L * parameter.Value.Length) + 1) * sizeof(float);

    private protected override void Update(int index, Span<float> values, ReadOnlySpan<float> gradients, float gradientScale)
    {
        double step = ++_steps[index].Span[0];
        double rate = RateOf(index);
        double correction1 = 1 - Math.Pow(_beta1, step);
        double correction2 = 1 - Math.Pow(_beta2, step);
        var factors = new Factors(
            GradientScale: gradientScale,
            AddValue: _isDecoupled ? 0 : (float)_weightDecay,
            Keep1: (float)_beta1,
            Add1: (float)(1 - _beta1),
            Keep2: (float)_beta2,
            Add2: (float)(1 - _beta2),
            Root: (float)Math.Sqrt(correction2),
            Epsilon: _epsilon,
            StepSize: (float)(rate / correction1),
            KeepValue: _isDecoupled ? (float)(1 - (rate * _weightDecay)) : 1);
        Update(values, gradients, _averages[index].Span, _squareAverages[index].Span, factors);
    }

    private static void Update(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> averages, Span<float> squareAverages, in Factors by)
    {
        Span<Vector<float>> valueVectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        ReadOnlySpan<Vector<float>> gradientVectors = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        Span<Vector<float>> averageVectors = MemoryMarshal.Cast<float, Vector<float>>(averages);
        Span<Vector<float>> squareVectors = MemoryMarshal.Cast<float, Vector<float>>(squareAverages);
        var scale = new Vector<float>(by.GradientScale);
        var addValue = new Vector<float>(by.AddValue);
        var keep1 = new Vector<float>(by.Keep1);
        var add1 = new Vector<float>(by.Add1);
        var keep2 = new Vector<float>(by.Keep2);
        var add2 = new Vector<float>(by.Add2);
        var root = new Vector<float>(by.Root);
        var epsilon = new Vector<float>(by.Epsilon);
        var stepSize = new Vector<float>(by.StepSize);
        var keepValue = new Vector<float>(by.KeepValue);
        for (int i = 0; i < valueVectors.Length; i++)
        {
            Vector<float> gradient = (gradientVectors[i] * scale) + (valueVectors[i] * addValue);
            Vector<float> average = (averageVectors[i] * keep1) + (gradient * add1);
            Vector<float> square = (squareVectors[i] * keep2) + (gradient * gradient * add2);
            Vector<float> denominator = (Vector.SquareRoot(square) / root) + epsilon;
            averageVectors[i] = average;
            squareVectors[i] = square;
            valueVectors[i] = (valueVectors[i] * keepValue) - (average / denominator * stepSize);
        }

        for (int i = valueVectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            float gradient = (gradients[i] * by.GradientScale) + (values[i] * by.AddValue);
            float average = (averages[i] * by.Keep1) + (gradient * by.Add1);
            float square = (squareAverages[i] * by.Keep2) + (gradient * gradient * by.Add2);
            float denominator = (MathF.Sqrt(square) / by.Root) + by.Epsilon;
            averages[i] = average;
            squareAverages[i] = square;
            values[i] = (values[i] * by.KeepValue) - (average / denominator * by.StepSize);
        }
    }

    private readonly record struct Factors(
        float GradientScale, float AddValue, float Keep1, float Add1, float Keep2, float Add2, float Root, float Epsilon, float StepSize, float KeepValue);
}
