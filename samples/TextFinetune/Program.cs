using System.CommandLine;
using System.Globalization;
using Lora;
using Lora.Models;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var modelOption = new Option<DirectoryInfo>("--model") { Description = "Folder of a causal language model in Hugging Face's layout.", Required = true }.AcceptExistingOnly();
var dataOption = new Option<FileInfo>("--data") { Description = "Text to learn; its last tenth is held out.", Required = true }.AcceptExistingOnly();
var stepsOption = new Option<int>("--steps") { Description = "AdamW steps.", DefaultValueFactory = _ => 300 };
var rankOption = new Option<int>("--rank") { Description = "Rank of the adapters.", DefaultValueFactory = _ => 8 };
var alphaOption = new Option<float>("--alpha") { Description = "Numerator of the scaling alpha / rank.", DefaultValueFactory = _ => 16 };
var rateOption = new Option<float>("--lr") { Description = "Learning rate.", DefaultValueFactory = _ => 3e-3f };
var batchOption = new Option<int>("--batch") { Description = "Sequences in a step.", DefaultValueFactory = _ => 8 };
var lengthOption = new Option<int>("--seq") { Description = "Tokens in a sequence.", DefaultValueFactory = _ => 64 };
var seedOption = new Option<ulong>("--seed") { Description = "Seed of adapters and the order of sequences.", DefaultValueFactory = _ => 42 };
var checkpointOption = new Option<string?>("--checkpoint") { Description = "Folder that is written every 50 steps, and gone on from where it is there." };
var command = new RootCommand("Fine-tunes a language model on a text: adapters on all linear layers of the decoder.")
{
    modelOption, dataOption, stepsOption, rankOption, alphaOption, rateOption, batchOption, lengthOption, seedOption, checkpointOption,
};
command.SetAction(given =>
{
    string folder = given.GetRequiredValue(modelOption).FullName;
    string? checkpoint = given.GetValue(checkpointOption);
    ICausalLanguageModel model = CausalLanguageModel.Load(folder);
    var generator = new TextGenerator(model, Tokenizer.Load(folder));
    TrainingData text = TrainingData.Read(given.GetRequiredValue(dataOption).FullName, model, () => generator.Tokenizer, given.GetValue(lengthOption));
    int learned = text.Rows.Count - (text.Rows.Count / 10);
    TokenRow[] rows = [.. text.Rows.Take(learned)];
    TokenRow[] heldOut = [.. text.Rows.Skip(learned)];
    Report("before");

    var options = new TrainerOptions
    {
        Steps = given.GetValue(stepsOption),
        LearningRate = given.GetValue(rateOption),
        Batch = given.GetValue(batchOption),
        Seed = given.GetValue(seedOption),
    };
    Trainer trainer;
    if (checkpoint is not null && Trainer.HasCheckpoint(checkpoint))
    {
        trainer = Trainer.Resume(model, rows, options, checkpoint);
        Console.WriteLine($"going on after step {trainer.StepsDone}");
    }
    else
    {
        LoraRandom.ManualSeed(options.Seed);
        model.ApplyLora(new LoraOptions { Rank = given.GetValue(rankOption), Alpha = given.GetValue(alphaOption), TargetMatching = TargetMatching.AllLinear });
        trainer = new Trainer(model, rows, options);
    }

    Console.WriteLine(model.CountParameters());
    trainer.Run(step =>
    {
        if (step.Number % 50 == 0 || step.Number == trainer.TotalSteps)
        {
            Console.WriteLine($"step {step.Number,5}  loss {step.Loss:F3}  {1000 * step.Tokens / step.Milliseconds:N0} tokens/s");
            if (checkpoint is not null)
            {
                trainer.SaveCheckpoint(checkpoint);
            }
        }
    });
    Console.WriteLine($"memory: {trainer.Memory}");
    Report("after");

    void Report(string when)
    {
        Console.WriteLine($"held-out loss {when}: {LanguageModelLoss.Of(model, heldOut).Loss:F3}");
        string begin = generator.Tokenizer.Decode(heldOut[0].Tokens);
        var sampling = new GenerationOptions { MaxNewTokens = 96, Temperature = 0.7f, TopK = 40 };
        string story = string.Concat(generator.Generate(begin, sampling).Select(piece => piece.Text));
        AnsiConsole.Write(new Panel(new Text(begin + story)).Header($" text {when} ").Expand());
    }
});
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception fault) when (fault is ArgumentException or ArithmeticException or IOException or InvalidDataException or NotSupportedException or PeftAdapterException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
