using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>A language model from a folder, and its tokenizer when it is asked for.</summary>
internal sealed class LoadedModel
{
    private readonly string _directory;
    private readonly bool _hasWeights;

    private LoadedModel(string directory, ICausalLanguageModel model, bool hasWeights)
    {
        _directory = directory;
        _hasWeights = hasWeights;
        Model = model;
    }

    public ICausalLanguageModel Model { get; }

    public Tokenizer Tokenizer => field ??= Tokenizer.Load(_directory);

    /// <summary>Reads a model, with an adapter if one is named.</summary>
    public static LoadedModel Load(string directory, string? adapter = null, WeightFormat weights = WeightFormat.Float32)
    {
        RefuseNoFolder(directory);
        var loaded = new LoadedModel(directory, CausalLanguageModel.Load(directory, weights), hasWeights: true);
        if (adapter is not null)
        {
            PeftAdapter.Load(loaded.Model, adapter);
        }

        return loaded;
    }

    /// <summary>Makes a model of its configuration alone, to know what a training of it takes.</summary>
    public static LoadedModel WithoutWeights(string directory, WeightFormat weights)
    {
        RefuseNoFolder(directory);
        ILoraModel shapes = PretrainedModel.WithoutWeights(directory);
        shapes.SetWeightFormat(weights);
        return shapes is ICausalLanguageModel model
            ? new LoadedModel(directory, model, hasWeights: false)
            : throw new NotSupportedException($"The model in '{directory}' does not predict the next token.");
    }

    public static DirectoryNotFoundException NoFolder(string directory) =>
        new($"There is no folder '{directory}': a model is a folder with config.json, its weights and its tokenizer.");

    /// <summary>Gives the model a new adapter, without values where it has no weights.</summary>
    public void Adapt(LoraOptions options)
    {
        using IDisposable? scope = _hasWeights ? null : Layer.WithoutWeights();
        Model.ApplyLora(options);
    }

    /// <summary>Says what rounding the weights has cost, if anything.</summary>
    public void TellRounding(Terminal terminal)
    {
        if (Model.WeightRoundingError is > 0 and var error)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"The weights in {WeightFormat.BFloat16} differ from those of the folder by {error:P2} of their norm."));
        }
    }

    public TrainingData Read(string path, int? sequenceLength) => TrainingData.Read(path, Model, () => Tokenizer, sequenceLength);

    private static void RefuseNoFolder(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw NoFolder(directory);
        }
    }
}
