namespace Lora;

/// <summary>y = W[i] + scaling·A[i]·B.</summary>
public sealed class Embedding : AdaptedLayer
{
    private readonly Tensor _weight;

    public Embedding(int count, int width) => _weight = Tensor.RandomNormal(3, count, width);

    private Embedding(Tensor weight) => _weight = weight.Clone();

    public int Count => _weight.Shape[0];

    public int Width => _weight.Shape[1];

    public override IReadOnlyDictionary<string, Tensor> Weights => new Dictionary<string, Tensor> { ["weight"] = _weight };

    public static Embedding From(Tensor weight) => new(weight);

    public void SetWeight(Tensor weight) => weight.Span.CopyTo(_weight.Span);

    /// <summary>The rows of the given ids, [ids, width].</summary>
    public Tensor Forward(ReadOnlySpan<int> ids)
    {
        Tensor table = Table();
        Tensor result = Tensor.Zeros(ids.Length, Width);
        for (int i = 0; i < ids.Length; i++)
        {
            table.Span.Slice(ids[i] * Width, Width).CopyTo(result.Span[(i * Width)..]);
        }

        return result;
    }

    /// <summary>The rows of several sequences of one length, [batch, ids / batch, width].</summary>
    public Tensor Forward(ReadOnlySpan<int> ids, int batch) => Nn.Reshape(Forward(ids), batch, ids.Length / batch, Width);

    /// <summary>All rows with the adapter added.</summary>
    public Tensor Table() => Adapter is null ? _weight : Nn.Add(_weight, Adapter.Delta());
}
