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

    private protected override unsafe void Update(int index, Span<float> values, ReadOnlySpan<float> gradients, float gradientScale)
    {
        double step = ++_steps[index].Span[0];
        double rate = RateOf(index);
        double correction1 = 1 - Math.Pow(_beta1, step);
        double correction2 = 1 - Math.Pow(_beta2, step);
        fixed (float* value = values, gradient = gradients, average = _averages[index].Span, squareAverage = _squareAverages[index].Span)
        {
            var loop = new AdamLoop
            {
                Values = value,
                Gradients = gradient,
                Averages = average,
                SquareAverages = squareAverage,
                GradientScale = gradientScale,
                AddValue = _isDecoupled ? 0 : (float)_weightDecay,
                Keep1 = (float)_beta1,
                Add1 = (float)(1 - _beta1),
                Keep2 = (float)_beta2,
                Add2 = (float)(1 - _beta2),
                Root = (float)Math.Sqrt(correction2),
                Epsilon = _epsilon,
                StepSize = (float)(rate / correction1),
                KeepValue = _isDecoupled ? (float)(1 - (rate * _weightDecay)) : 1,
            };
            Loop.RunInParts(loop, values.Length);
        }
    }
}
