namespace Lora;

/// <summary>Gradient descent, with PyTorch's momentum and its weight decay as part of the gradient.</summary>
public sealed class Sgd : Optimizer
{
    private readonly float _momentum;
    private readonly float _weightDecay;
    private readonly Tensor[] _momenta;

    /// <summary>Creates the optimiser.</summary>
    /// <param name="parameters">What it changes, such as a model's <c>TrainableParameters</c>.</param>
    /// <param name="learningRate">The step size.</param>
    /// <param name="momentum">How much of the last step's direction a step keeps; 0 needs no state.</param>
    /// <param name="weightDecay">How much of its value is added to each gradient.</param>
    /// <exception cref="ArgumentException">A number lies outside its range, or there is no parameter, or one is given twice.</exception>
    public Sgd(IReadOnlyList<Parameter> parameters, float learningRate = 1e-3f, float momentum = 0, float weightDecay = 0)
        : base(parameters, learningRate)
    {
        _momentum = CheckNotNegative(momentum, nameof(momentum));
        _weightDecay = CheckNotNegative(weightDecay, nameof(weightDecay));
        _momenta = momentum == 0 ? [] : StatePerParameter();
    }

    /// <inheritdoc/>
    /// <remarks>The part is PyTorch's <c>momentum_buffer</c>; there is none without momentum.</remarks>
    public override IEnumerable<(string Name, Tensor Value)> State
    {
        get
        {
            for (int i = 0; i < _momenta.Length; i++)
            {
                yield return (Parameters[i].Name + ".momentum_buffer", _momenta[i]);
            }
        }
    }

    private protected override unsafe void Update(int index, Span<float> values, ReadOnlySpan<float> gradients, float gradientScale)
    {
        fixed (float* value = values, gradient = gradients, momentum = _momenta.Length == 0 ? default : _momenta[index].Span)
        {
            var loop = new SgdLoop
            {
                Values = value,
                Gradients = gradient,
                Momenta = momentum,
                GradientScale = gradientScale,
                WeightDecay = _weightDecay,
                Momentum = _momentum,
                Rate = (float)RateOf(index),
            };
            Loop.RunInParts(loop, values.Length);
        }
    }
}
