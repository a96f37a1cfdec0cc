using Lora;

namespace DigitShift;

/// <summary>Three linear layers from the pixels of a picture to its digit.</summary>
internal sealed partial class DigitClassifier
{
    private readonly Linear _first = new(DigitPen.Pixels, 96);
    private readonly Linear _second = new(96, 48);
    private readonly Linear _digit = new(48, 10);

    [Differentiable]
    public Tensor Forward(Tensor pictures) => _digit.Forward(Nn.Relu(_second.Forward(Nn.Relu(_first.Forward(pictures)))));

    [Differentiable]
    public float Loss(Tensor pictures, ReadOnlySpan<int> digits) => Nn.CrossEntropy(Forward(pictures), digits);

    /// <summary>The share of pictures that are read as the digits they are.</summary>
    public double Accuracy(DigitSet set)
    {
        Tensor scores = Forward(set.Pictures);
        int right = 0;
        for (int i = 0; i < set.Digits.Length; i++)
        {
            ReadOnlySpan<float> row = scores.Span.Slice(i * 10, 10);
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row) == set.Digits[i] ? 1 : 0;
        }

        return (double)right / set.Digits.Length;
    }

    /// <summary>Freezes every layer, or has it trained in full.</summary>
    public void Freeze(bool isFrozen)
    {
        foreach ((_, Linear linear) in NamedLinears())
        {
            linear.IsFrozen = isFrozen;
        }
    }
}
