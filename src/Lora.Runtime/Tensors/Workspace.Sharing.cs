namespace Lora;

/// <content>Gradients that share their elements: a sum hands on what it was given, and nothing is copied.</content>
public sealed partial class Workspace
{
    /// <summary>
    /// Where an operation adds the gradient of an input that is the gradient of its result. Null where the input needs none, and where nothing was added to it
    /// yet: both gradients then share their elements until one is added to.
    /// </summary>
    /// <param name="tensor">An input of the operation, or null where it was given none.</param>
    /// <param name="gradResult">The gradient of the result.</param>
    public Tensor? SharedGradient(Tensor? tensor, Tensor gradResult)
    {
        if (LoraDebug.CheckNumbers || tensor is not { NeedsGradient: true, GradientOrNull: null } || tensor.Owner != this
            || !gradResult.IsRented || tensor.Length != gradResult.Length)
        {
            return GradientInto(tensor);
        }

        if (Computes)
        {
            _ = gradResult.Span; // Zeros where nothing was added.
        }

        Tensor gradient = Node(tensor.FullShape, gradResult.Memory, isRented: true, needsGradient: false);
        gradient.ShareWith(gradResult);
        tensor.GradientOrNull = gradient;
        return null;
    }

    // A gradient that is about to be added to, with elements of its own.
    private Tensor Unshared(Tensor gradient)
    {
        if (gradient.NextSharer is not null)
        {
            TensorMemory shared = gradient.Memory;
            TensorMemory own = TakeForUse(gradient.Length);
            if (Computes)
            {
                shared.Span(gradient.Length).CopyTo(own.Span(gradient.Length));
            }

            gradient.LeaveSharers(own);
        }

        return gradient;
    }
}
