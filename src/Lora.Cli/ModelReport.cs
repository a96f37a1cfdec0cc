using System.Globalization;
using System.Text;
using System.Text.Json;
using Lora.Models;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>What a model has, and what an adapter of it would train.</summary>
internal sealed class ModelReport
{
    private readonly IReadOnlyList<LayerSummary> _layers;
    private readonly LoraOptions _options;
    private readonly ParameterCount _adapted;
    private readonly long _parameters;

    private ModelReport(ILoraModel model, LoraOptions options)
    {
        _parameters = model.CountParameters().Total;
        _options = options;
        using (Layer.WithoutWeights())
        {
            model.ApplyLora(options);
        }

        _adapted = model.CountParameters();
        _layers = LayerSummary.Of(model);
    }

    public static ModelReport Of(string path, Func<ILoraModel, LoraOptions> options, int batch, int length)
    {
        ILoraModel model = PretrainedModel.WithoutWeights(path);
        return new ModelReport(model, options(model));
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
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
