using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>A language model from a folder, and its tokenizer when it is asked for.</summary>
internal sealed class LoadedModel
{
    private readonly string _directory;

    private LoadedModel(string directory, ICausalLanguageModel model)
    {
        _directory = directory;
        Model = model;
    }

    public ICausalLanguageModel Model { get; }

    public Tokenizer Tokenizer => field ??= Tokenizer.Load(_directory);

    /// <summary>Reads a model, with an adapter if one is named.</summary>
    public static LoadedModel Load(string directory, string? adapter = null, WeightFormat weights = WeightFormat.Float32)
    {
        if (!Directory.Exists(directory))
        {
            throw NoFolder(directory);
        }

        var loaded = new LoadedModel(directory, CausalLanguageModel.Load(directory, weights));
        if (adapter is not null)
        {
            PeftAdapter.Load(loaded.Model, adapter);
        }

        return loaded;
    }

    public static DirectoryNotFoundException NoFolder(string directory) =>
        new($"There is no folder '{directory}': a model is a folder with config.json, its weights and its tokenizer.");

    /// <summary>Says what rounding the weights has cost, if anything.</summary>
    public void TellRounding(Terminal terminal)
    {
        if (Model.WeightRoundingError is > 0 and var error)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"The weights in {WeightFormat.BFloat16} differ from those of the folder by {error:P2} of their norm."));
        }
    }

    public TrainingData Read(string path, int? sequenceLength) => TrainingData.Read(path, Model, () => Tokenizer, sequenceLength);
}
