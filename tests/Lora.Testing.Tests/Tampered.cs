namespace Lora.Testing.Tests;

/// <summary>A model that does what another one does, but for what a test puts in its way.</summary>
public sealed class Tampered(ILoraModel inner) : ILoraModel
{
    public Func<ParameterCount, ParameterCount> Count { get; init; } = count => count;

    public Func<IReadOnlyList<Parameter>, IReadOnlyList<Parameter>> Parameters { get; init; } = all => all;

    public Action<bool> Merged { get; init; } = _ => { };

    public IReadOnlyList<Parameter> TrainableParameters => Parameters(inner.TrainableParameters);

    public ParameterCount CountParameters() => Count(inner.CountParameters());

    public IReadOnlyList<string> ApplyLora(LoraOptions options) => inner.ApplyLora(options);

    public void MergeAdapters(bool keepOriginals = true)
    {
        inner.MergeAdapters(keepOriginals);
        Merged(true);
    }

    public void UnmergeAdapters()
    {
        inner.UnmergeAdapters();
        Merged(false);
    }

    public IReadOnlyList<(string Path, Linear Linear)> NamedLinears() => inner.NamedLinears();

    public IReadOnlyDictionary<string, Tensor> StateDict() => inner.StateDict();

    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state) => inner.LoadStateDict(state);

    public IDisposable TrainingMode(int step) => inner.TrainingMode(step);

    public void VisitLayers(LayerVisitor visitor) => inner.VisitLayers(visitor);
}
