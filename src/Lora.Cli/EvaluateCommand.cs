using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lora.Models;

namespace Lora.Cli;

/// <summary><c>lora evaluate</c>: how well a model predicts texts.</summary>
internal static class EvaluateCommand
{
    public static Command New(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> model = CommonOptions.Model();
        Option<string?> adapter = CommonOptions.Adapter();
        Option<string> data = CommonOptions.Data();
        Option<int> batch = new Option<int>("--batch") { HelpName = "N", Description = "Rows that are computed together.", DefaultValueFactory = _ => 8 }.AtLeast(1);
        Option<int?> length = CommonOptions.SequenceLength();
        Option<int?> threads = CommonOptions.Threads();
        Option<string> weights = CommonOptions.Weights();
        var json = new Option<bool>("--json") { Description = "Print {\"loss\":…,\"perplexity\":…,\"tokens\":…} as the last line." };
        var command = new Command("evaluate", "Measures the mean loss per predicted token, and the perplexity, of a model on texts.")
        {
            model, adapter, data, batch, length, weights, threads, json,
        };
        command.SetAction(parsed =>
        {
            CommonOptions.UseThreads(parsed.GetValue(threads));
            string folder = parsed.GetRequiredValue(model);
            LoadedModel loaded = LoadedModel.Load(folder, parsed.GetValue(adapter), parsed.Format(weights));
            loaded.TellRounding(terminal);
            TrainingData rows = loaded.Read(parsed.GetRequiredValue(data), parsed.GetValue(length));
            foreach (string note in rows.Notes)
            {
                terminal.Line(note);
            }

            LanguageModelLoss loss = LanguageModelLoss.Of(loaded.Model, rows.Rows, parsed.GetValue(batch), cancellation: cancellation);
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"loss {loss.Loss:F4}, perplexity {loss.Perplexity:F2}, over {loss.Tokens:N0} predicted tokens of {rows.Rows.Count:N0} rows"));
            if (parsed.GetValue(json))
            {
                terminal.Line(ToJson(loss));
            }

            return 0;
        });
        return command;
    }

    private static string ToJson(LanguageModelLoss loss)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("loss", loss.Loss);
            json.WriteNumber("perplexity", loss.Perplexity);
            json.WriteNumber("tokens", loss.Tokens);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
