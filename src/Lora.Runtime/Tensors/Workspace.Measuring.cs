namespace Lora;

/// <content>A step that is measured and not run: tensors have shapes and no elements, and memory has a size alone.</content>
public sealed partial class Workspace
{
    private static readonly Workspace _outside = new() { Computes = false };

    private long _measuredBytes;

    /// <summary>Whether operations are run; where they are not, what they would take is measured.</summary>
    public bool Computes { get; private init; } = true;

    /// <summary>A stand-in for a tensor from outside.</summary>
    /// <param name="shape">Its shape.</param>
    public static Tensor Outside(TensorShape shape) => new(shape, TensorMemory.Measured(shape.Length)) { Owner = _outside };

    /// <inheritdoc cref="Outside(TensorShape)"/>
    /// <param name="shape">Its shape, or null for no tensor.</param>
    public static Tensor? Outside(TensorShape? shape) => shape is { } given ? Outside(given) : null;

    /// <inheritdoc cref="Outside(TensorShape)"/>
    /// <param name="like">A tensor of its shape.</param>
    public static Tensor Outside(Tensor like) => Outside(like.FullShape);

    /// <summary>Ends a measured step. The next one finds other memory free than the first, and may need more, until one does not.</summary>
    /// <returns>Whether another step has to be measured.</returns>
    public bool NeedsMore()
    {
        bool hasGrown = AllocatedBytes > _measuredBytes;
        _measuredBytes = AllocatedBytes;
        Reset(NextRandomKey);
        return hasGrown;
    }

    internal static Workspace Measuring() => new() { Computes = false };
}
