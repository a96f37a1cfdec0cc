namespace Lora;

/// <summary>
/// Asks for the derivative of a method of a partial class, made at build time from the method's own body.
/// A method that returns <see langword="float"/> gets <c>{Method}AndGradients</c>, one that returns <see cref="Tensor"/> gets
/// <c>{Method}WithPullback</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DifferentiableAttribute : Attribute;
