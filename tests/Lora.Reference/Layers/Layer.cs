namespace Lora;

/// <summary>A layer whose weights a test writes.</summary>
public abstract class Layer
{
    public bool IsFrozen { get; set; } = true;

    /// <summary>The weights by the names that they have in a state dictionary.</summary>
    public abstract IReadOnlyDictionary<string, Tensor> Weights { get; }
}

/// <summary>A layer that may have an adapter.</summary>
public abstract class AdaptedLayer : Layer
{
    public LoraAdapter? Adapter { get; set; }
}

/// <summary>ΔW = scaling · A·B.</summary>
/// <param name="A">[in, r].</param>
/// <param name="B">[r, out].</param>
/// <param name="Scaling">alpha / r.</param>
public sealed record LoraAdapter(Tensor A, Tensor B, double Scaling)
{
    public Tensor Delta() => Nn.Multiply(Nn.MatMul(A, B), Scaling);
}
