namespace Lora;

/// <summary>A tensor that training changes: its value and its gradient.</summary>
public sealed class Parameter
{
    private Tensor? _gradient;

    internal Parameter(string name, Tensor value)
    {
        Name = name;
        Value = value;
        TakesLoraPlusRatio = value.Rank == 1;
    }

    /// <summary>The dotted path in the model, such as <c>layers.0.q_proj.lora_A</c>.</summary>
    public string Name { get; internal set; }

    /// <summary>The current value.</summary>
    public Tensor Value { get; }

    /// <summary>What the training calls since the last <c>ZeroGrad</c> added up, of the value's shape; zeros at first.</summary>
    public Tensor Gradient => _gradient ??= Tensor.Zeros(Value.Shape);

    /// <summary>The dimensions of the value.</summary>
    public ReadOnlySpan<int> Shape => Value.Shape;

    /// <summary>The elements of the value.</summary>
    public Span<float> Span => Value.Span;

    /// <summary>Whether LoRA+ gives the parameter a larger learning rate: vectors have it, and what says so.</summary>
    internal bool TakesLoraPlusRatio { get; init; }

    /// <summary>Whether the adapter that the parameter belongs to was replaced, deleted or switched off: the model does not read it now.</summary>
    internal bool IsDetached { get; set; }

    /// <summary>The bytes that the gradient takes: none before the first training call.</summary>
    internal long GradientBytes => (_gradient?.Length ?? 0L) * sizeof(float);

    /// <summary>Makes the gradient zero.</summary>
    public void ZeroGradient() => _gradient?.Span.Clear();

    /// <summary>The name and shape.</summary>
    public override string ToString() => $"{Name} {TensorShape.Describe(Shape)}";
}
