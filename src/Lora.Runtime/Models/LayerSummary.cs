namespace Lora;

/// <summary>One line of a model's table of layers.</summary>
/// <param name="Path">The layer's dotted path.</param>
/// <param name="Kind">The layer's class, such as <c>Linear</c>.</param>
/// <param name="Inputs">The size of what the layer takes: the features in, or the ids of an <see cref="Embedding"/>.</param>
/// <param name="Outputs">The features out.</param>
/// <param name="Parameters">The layer's own parameters, without an adapter's.</param>
/// <param name="Trainable">The parameters that training changes: the adapter's, and the layer's own where it is trained in full.</param>
public sealed record LayerSummary(string Path, string Kind, int Inputs, int Outputs, long Parameters, long Trainable)
{
    /// <summary>The layers of a model in the order of its members. The model needs no weights: see <see cref="Layer.WithoutWeights"/>.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<LayerSummary> Of(ILoraModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. ModelState.Of(model).Layers.Select(named => Of(named.Path, named.Layer))];
    }

    private static LayerSummary Of(string path, Layer layer)
    {
        long own = layer.Weights.Sum(weight => (long)weight.Shape.Length);
        long adapter = layer is AdaptedLayer { Adapter: { } attached } ? attached.Length : 0;
        long inFull = layer.Weights.Where(weight => !weight.IsFrozen).Sum(weight => (long)weight.Shape.Length);
        (string kind, int inputs, int outputs) = layer switch
        {
            Linear linear => (nameof(Linear), linear.InFeatures, linear.OutFeatures),
            Embedding embedding => (nameof(Embedding), embedding.Count, embedding.Width),
            LayerNorm norm => (nameof(LayerNorm), norm.Width, norm.Width),
            RmsNorm norm => (nameof(RmsNorm), norm.Width, norm.Width),
            _ => throw new NotSupportedException($"The layer '{path}' is of an unknown kind."),
        };
        return new LayerSummary(path, kind, inputs, outputs, own, adapter + inFull);
    }
}
