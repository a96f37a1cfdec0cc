namespace Lora.Tests;

/// <summary>A model of named layers, with by hand what the generator writes for a user's class.</summary>
internal sealed class LayersModel(params (string Name, Layer Layer)[] layers) : ILoraModel
{
    public IReadOnlyList<Parameter> TrainableParameters => ModelState.Of(this).TrainableParameters;

    public ParameterCount CountParameters() => ModelState.Of(this).CountParameters();

    public IReadOnlyList<string> ApplyLora(LoraOptions options) => ModelState.Of(this).ApplyLora(options);

    public void MergeAdapters(bool keepOriginals = true) => ModelState.Of(this).MergeAdapters(keepOriginals);

    public void UnmergeAdapters() => ModelState.Of(this).UnmergeAdapters();

    public IReadOnlyList<(string Path, Linear Linear)> NamedLinears() => ModelState.Of(this).NamedLinears();

    public IReadOnlyDictionary<string, Tensor> StateDict() => ModelState.Of(this).StateDict();

    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state) => ModelState.Of(this).LoadStateDict(state);

    public IDisposable TrainingMode(int step) => ModelState.Of(this).TrainingMode(step);

    public void VisitLayers(LayerVisitor visitor)
    {
        foreach ((string name, Layer layer) in layers)
        {
            visitor.Visit(name, layer);
        }
    }
}
