namespace Lora;

/// <summary>
/// Changes parameters by their gradients. Its state exists for the parameters it was given and for nothing else; it keeps to them,
/// whatever becomes trainable in the model later.
/// </summary>
public abstract class Optimizer
{
    private readonly Parameter[] _parameters;

    private protected Optimizer(IReadOnlyList<Parameter> parameters, float learningRate)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (parameters.Count == 0)
        {
            throw new ArgumentException(
                "There is no parameter to train: mark layers with [Lora] or call ApplyLora before you make the optimiser.", nameof(parameters));
        }

        _parameters = [.. parameters];
        var seen = new HashSet<Parameter>(ReferenceEqualityComparer.Instance);
        foreach (Parameter parameter in _parameters)
        {
            ArgumentNullException.ThrowIfNull(parameter, nameof(parameters));
            if (!seen.Add(parameter))
            {
                throw new ArgumentException($"The parameter {parameter} is given twice; it would be changed twice in a step.", nameof(parameters));
            }
        }

        LearningRate = learningRate;
    }

    /// <summary>The parameters that <see cref="Step"/> changes.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The learning rate of the next step; a <see cref="LearningRateSchedule"/> gives one for each step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or not finite.</exception>
    public float LearningRate
    {
        get;
        set
        {
            field = CheckNotNegative(value, nameof(LearningRate));
            ExactLearningRate = DecimalValue.Of(value);
        }
    }

    /// <summary>
    /// How many times the learning rate is larger for B of linear layers' adapters, and for the vectors trained beside them (biases, DoRA's magnitudes), than
    /// for the rest: LoRA+ (Hayou, Ghosh and Yu 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models"), PEFT's <c>loraplus_lr_ratio</c>. 16 is common.
    /// Adapters of embeddings keep the learning rate itself.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is not a positive finite number.</exception>
    public float LoraPlusRatio
    {
        get;
        init => field = float.IsFinite(value) && value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(LoraPlusRatio), value, $"LoraPlusRatio is {value}; it must be a positive finite number.");
    } = 1;

    /// <summary>The number of calls of <see cref="Step"/>. It is set only to go on from a checkpoint.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public int StepCount
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>
    /// What the optimiser remembers from step to step, by the parameter's name and PyTorch's name for the part, such as
    /// <c>layers.0.q_proj.lora_A.exp_avg</c>. Writing to the tensors changes the state: this, <see cref="StepCount"/> and the parameters'
    /// values are all that a checkpoint needs.
    /// </summary>
    public abstract IEnumerable<(string Name, Tensor Value)> State { get; }

    /// <summary>The bytes that <see cref="State"/> takes.</summary>
    public long StateBytes => State.Sum(part => (long)part.Value.Length * sizeof(float));

    private double ExactLearningRate { get; set; }

    /// <summary>Changes every parameter by its gradient; one whose gradient no training call has ever computed is left as it is.</summary>
    /// <param name="gradientScale">What the gradients are multiplied by: 1/n after n accumulated calls gives their mean.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not finite.</exception>
    /// <exception cref="InvalidOperationException">The adapter of a parameter was replaced, deleted or switched off. Nothing has changed then.</exception>
    /// <exception cref="NonFiniteNumberException">A gradient is not finite, and <see cref="LoraDebug.CheckNumbers"/> is on. Nothing has changed then.</exception>
    public void Step(float gradientScale = 1f)
    {
        if (!float.IsFinite(gradientScale))
        {
            throw new ArgumentOutOfRangeException(nameof(gradientScale), gradientScale, "The scale of the gradients must be a finite number.");
        }

        foreach (Parameter parameter in _parameters)
        {
            if (parameter.IsDetached)
            {
                throw new InvalidOperationException(
                    $"The parameter {parameter} belongs to an adapter that was replaced, deleted or switched off: the model does not read it now. "
                    + "Make the optimiser after ApplyLora or PeftAdapter.Load, or activate the adapter that it trains.");
            }
        }

        if (LoraDebug.CheckNumbers)
        {
            foreach (Parameter parameter in _parameters.Where(parameter => parameter.GradientBytes > 0))
            {
                NumberCheck.Verify($"The gradient of {parameter.Name}", parameter.Gradient.Span, parameter.Value.FullShape);
            }
        }

        StepCount++;
        for (int i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].GradientBytes > 0)
            {
                Update(i, _parameters[i].Span, _parameters[i].Gradient.Span, gradientScale);
            }
        }
    }

    /// <summary>Makes the gradients of the parameters zero.</summary>
    public void ZeroGrad()
    {
        foreach (Parameter parameter in _parameters)
        {
            parameter.ZeroGradient();
        }
    }

    /// <summary>The learning rate of one parameter.</summary>
    private protected double RateOf(int index) => _parameters[index].TakesLoraPlusRatio ? ExactLearningRate * LoraPlusRatio : ExactLearningRate;

    private protected abstract void Update(int index, Span<float> values, ReadOnlySpan<float> gradients, float gradientScale);

    private protected Tensor[] StatePerParameter() => [.. _parameters.Select(parameter => Tensor.Zeros(parameter.Shape))];

    private protected static float CheckNotNegative(float value, string name) =>
        float.IsFinite(value) && value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be a finite number, 0 or more.");

    private protected static float CheckBelowOne(float value, string name) =>
        value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be at least 0 and less than 1.");
}
