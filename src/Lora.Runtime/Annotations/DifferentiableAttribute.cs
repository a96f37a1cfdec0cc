namespace Lora;

/// <summary>
/// Asks for the derivative of a method of a partial class, made at build time from the method's own body.
/// A method that returns <see langword="float"/> gets <c>{Method}AndGradients</c>, one that returns <see cref="Tensor"/> gets
/// <c>{Method}WithPullback</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DifferentiableAttribute : Attribute
{
    /// <summary>
    /// Whether the forward pass saves the method's arguments alone, and the backward pass runs it again for what it reads (Chen et al. 2016,
    /// "Training Deep Nets with Sublinear Memory Cost"): less memory for one more forward pass. The gradients are the same, bit for bit.
    /// </summary>
    public bool Checkpoint { get; set; }
}
