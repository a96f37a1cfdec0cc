using System.CommandLine;
using System.Text.Json;
using Lora.Models;

namespace Lora.Cli;

/// <summary><c>lora convert</c>: adapters between PEFT's format and llama.cpp's.</summary>
internal static class ConvertCommand
{
    private const string Extension = ".gguf";

    public static Command New(Terminal terminal)
    {
        var adapter = new Option<string>("--adapter") { HelpName = "PATH", Description = "An adapter in PEFT's format (a folder), or in llama.cpp's (a .gguf file).", Required = true };
        var output = new Option<string>("--out") { HelpName = "PATH", Description = "What is written in the other format: a .gguf file, or a folder.", Required = true };
        var model = new Option<string?>("--model")
        {
            HelpName = "PATH",
            Description = "The base model's folder, or its config.json: weights are not needed. By default what the adapter's folder names, where that is a folder.",
        };
        Option<string> type = new Option<string>("--type") { HelpName = "TYPE", Description = "Type of the numbers in a .gguf file: float32 or float16.", DefaultValueFactory = _ => "float32" }.OneOf("float32", "float16");
        var command = new Command("convert", "Converts an adapter between PEFT's format and llama.cpp's. Scales that differ by layer are folded into B, and rows of q and k stand as each format has them.")
        {
            adapter, output, model, type,
        };
        command.SetAction(parsed =>
        {
            string from = parsed.GetRequiredValue(adapter);
            string to = parsed.GetRequiredValue(output);
            if (IsGguf(from) == IsGguf(to))
            {
                throw new ArgumentException($"One of --adapter and --out is a {Extension} file and the other a folder: '{from}' and '{to}' are not.");
            }

            string? given = parsed.GetValue(model);
            if (IsGguf(from))
            {
                string basis = given ?? throw new ArgumentException("--model is missing: a .gguf file does not say where its base model's config.json is.");
                GgufAdapter.ToPeft(from, basis, to, baseModel: basis);
            }
            else
            {
                GgufAdapter.FromPeft(from, given ?? BaseOf(from), to, parsed.GetValue(type) == "float16" ? GgufType.Float16 : GgufType.Float32);
            }

            terminal.Line($"The adapter is in '{to}'.");
            return 0;
        });
        return command;
    }

    private static bool IsGguf(string path) => Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase);

    private static string BaseOf(string adapter)
    {
        string path = Path.Combine(adapter, "adapter_config.json");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no adapter in '{adapter}': it has no adapter_config.json.", path);
        }

        try
        {
            using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(path));
            return config.RootElement.TryGetProperty("base_model_name_or_path", out JsonElement name) && name.ValueKind == JsonValueKind.String && Directory.Exists(name.GetString())
                ? name.GetString()!
                : throw new ArgumentException($"--model is missing: '{path}' names no folder as its base model.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message}", fault);
        }
    }
}
