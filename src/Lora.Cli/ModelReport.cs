using System.Globalization;
using System.Text;
using System.Text.Json;
using Lora.Models;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>What a model has, what an adapter of it would train, and the memory of a step with the adapter and without.</summary>
internal sealed class ModelReport
{
    private readonly IReadOnlyList<LayerSummary> _layers;
    private readonly LoraOptions _options;
    private readonly ParameterCount _adapted;
    private readonly long _parameters;
    private readonly WeightFormat _weights;
    private readonly int _batch;
    private readonly int? _length;
    private readonly ModelMemory _withLora;
    private readonly ModelMemory _inFull;

    private ModelReport(ILoraModel model, LoraOptions options, WeightFormat weights, int batch, int? length, Func<int, ModelMemory> inFull)
    {
        _parameters = model.CountParameters().Total;
        _options = options;
        _weights = weights;
        _batch = batch;
        _length = StepMemory.LongestSequence(model) is { } longest ? length ?? Math.Min(TrainingData.DefaultSequenceLength, longest) : null;
        using (Layer.WithoutWeights())
        {
            model.ApplyLora(options);
        }

        model.SetWeightFormat(weights);
        _adapted = model.CountParameters();
        _layers = LayerSummary.Of(model);
        _withLora = StepMemory.Of(model, batch, _length ?? 1);
        _inFull = inFull(_length ?? 1);
    }

    /// <summary>Reports on a model.</summary>
    /// <param name="path">Its folder or <c>config.json</c>.</param>
    /// <param name="options">The adapter.</param>
    /// <param name="weights">How frozen weights lie in memory.</param>
    /// <param name="batch">The sequences of a step.</param>
    /// <param name="length">The tokens of each; null for as many as a training cuts texts into.</param>
    public static ModelReport Of(string path, Func<ILoraModel, LoraOptions> options, WeightFormat weights, int batch, int? length)
    {
        ILoraModel model = PretrainedModel.WithoutWeights(path);
        return new ModelReport(model, options(model), weights, batch, length, tokens => StepMemory.OfFullFineTuning(path, batch, tokens));
    }

    public void Show(Terminal terminal, bool asJson)
    {
        Table table = LayerTable.New(["layer", "kind", "in → out", "count", "parameters", "trainable"], texts: 2);
        foreach (IGrouping<(string, string, int, int), LayerSummary> same in _layers.GroupBy(layer => (LayerTable.PatternOf(layer.Path), layer.Kind, layer.Inputs, layer.Outputs)))
        {
            (string name, string kind, int inputs, int outputs) = same.Key;
            table.AddRow(
                Markup.Escape(name), kind, $"{inputs} → {outputs}", LayerTable.Text(same.Count()), LayerTable.Text(same.Sum(layer => layer.Parameters)), LayerTable.Text(same.Sum(layer => layer.Trainable)));
        }

        terminal.Ansi.Write(table);
        string targets = _options.TargetMatching == TargetMatching.AllLinear ? "all linear layers" : string.Join(", ", _options.TargetModules);
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"model: {_parameters:N0} parameters"));
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"LoRA of rank {_options.Rank} and alpha {_options.Alpha} on {targets}:"));
        terminal.Line(_adapted.ToString());
        string sequences = _length is { } length ? string.Create(CultureInfo.InvariantCulture, $"{_batch:N0} × {length:N0} tokens") : string.Create(CultureInfo.InvariantCulture, $"{_batch:N0} rows");
        terminal.Line("");
        terminal.Line($"A step of Adam on {sequences}, frozen weights in {(_weights == WeightFormat.BFloat16 ? "bfloat16" : "float32")}; without LoRA all weights are trained:");
        MemoryTable.Show(terminal, ("with LoRA", _withLora), ("without", _inFull));
        if (asJson)
        {
            terminal.Line(ToJson());
        }
    }

    private string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("parameters", _parameters);
            json.WriteNumber("trainable", _adapted.Trainable);
            json.WriteNumber("total", _adapted.Total);
            json.WriteStartObject("memory");
            MemoryTable.WriteJson(json, "with_lora", _withLora);
            MemoryTable.WriteJson(json, "without_lora", _inFull);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
