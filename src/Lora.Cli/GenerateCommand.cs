using System.CommandLine;
using Lora.Models;

namespace Lora.Cli;

/// <summary><c>lora generate</c>: continues a text.</summary>
internal static class GenerateCommand
{
    public static Command New(Terminal terminal, CancellationToken cancellation)
    {
        Option<string> model = CommonOptions.Model();
        Option<string?> adapter = CommonOptions.Adapter();
        var prompt = new Option<string>("--prompt") { HelpName = CommonOptions.Text, Description = "What the text begins with.", Required = true };
        var chat = new Option<bool>("--chat") { Description = "Take the prompt as a user's message, in the model's chat format, and write the answer alone." };
        var system = new Option<string?>("--system") { HelpName = CommonOptions.Text, Description = "The system's message before it; with --chat." };
        Option<int> most = new Option<int>("--max-tokens") { HelpName = "N", Description = "The most tokens to add.", DefaultValueFactory = _ => 128 }.AtLeast(0);
        var temperature = new Option<float>("--temperature") { HelpName = "X", Description = "What the logits are divided by before each draw; 0 takes the most likely token.", DefaultValueFactory = _ => 0.7f };
        Option<int> topK = new Option<int>("--top-k") { HelpName = "N", Description = "Draw from that many of the most likely tokens; 0 for all.", DefaultValueFactory = _ => 0 }.AtLeast(0);
        var topP = new Option<float>("--top-p") { HelpName = "P", Description = "Draw from the most likely tokens that have this much of the probability together; 1 for all.", DefaultValueFactory = _ => 1 };
        var seed = new Option<ulong>("--seed") { HelpName = "N", Description = "Seed of the draws.", DefaultValueFactory = _ => 42 };
        Option<int?> threads = CommonOptions.Threads();
        Option<string> weights = CommonOptions.Weights();
        var command = new Command("generate", "Continues a text, token by token.")
        {
            model, adapter, prompt, chat, system, most, temperature, topK, topP, seed, weights, threads,
        };
        command.SetAction(parsed =>
        {
            if (parsed.IsGiven(system) && !parsed.GetValue(chat))
            {
                throw new ArgumentException($"{system.Name} goes with {chat.Name}.");
            }

            CommonOptions.UseThreads(parsed.GetValue(threads));
            LoadedModel loaded = LoadedModel.Load(parsed.GetRequiredValue(model), parsed.GetValue(adapter), parsed.Format(weights));
            Tokenizer tokenizer = loaded.Tokenizer;
            string text = parsed.GetRequiredValue(prompt);
            int[] begin;
            int[]? ends = null;
            if (parsed.GetValue(chat))
            {
                ChatFormat format = ChatFormat.Of(tokenizer)
                    ?? throw new NotSupportedException($"The tokenizer in '{parsed.GetRequiredValue(model)}' has no chat format that is known: leave out --chat.");
                ChatTurn[] turns = parsed.GetValue(system) is { } instructions ? [new("system", instructions), new("user", text)] : [new("user", text)];
                begin = format.Encode(tokenizer, turns, addGenerationPrompt: true).Tokens;
                ends = [.. loaded.Model.EosTokenIds, format.EndOfAnswer(tokenizer)];
            }
            else
            {
                begin = tokenizer.Encode(text);
            }

            if (begin.Length > loaded.Model.MaxSequenceLength)
            {
                throw new ArgumentException($"The prompt has {begin.Length} tokens; the model takes {loaded.Model.MaxSequenceLength} at most.");
            }

            var options = new GenerationOptions
            {
                MaxNewTokens = parsed.GetValue(most),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                StopTokens = ends,
            };
            IEnumerable<TextPiece> pieces = new TextGenerator(loaded.Model, tokenizer).Generate(begin, options, cancellation);
            if (!parsed.GetValue(chat))
            {
                terminal.Output.Write(text);
            }

            foreach (TextPiece piece in pieces)
            {
                terminal.Output.Write(piece.Text);
                terminal.Output.Flush();
            }

            terminal.Line("");
            return 0;
        });
        return command;
    }
}
