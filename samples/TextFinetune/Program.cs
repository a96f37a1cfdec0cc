using System.CommandLine;
using System.Diagnostics;
using Lora;
using Lora.Models;
using Spectre.Console;
using TextFinetune;

var modelOption = new Option<DirectoryInfo>("--model") { Description = "Folder of a causal language model in Hugging Face's layout.", Required = true }.AcceptExistingOnly();
var dataOption = new Option<FileInfo>("--data") { Description = "Text to learn.", Required = true }.AcceptExistingOnly();
var stepsOption = new Option<int>("--steps") { Description = "AdamW steps.", DefaultValueFactory = _ => 300 };
var rankOption = new Option<int>("--rank") { Description = "Rank of the adapters.", DefaultValueFactory = _ => 8 };
var alphaOption = new Option<float>("--alpha") { Description = "Numerator of the scaling alpha / rank.", DefaultValueFactory = _ => 16 };
var rateOption = new Option<float>("--lr") { Description = "Learning rate.", DefaultValueFactory = _ => 3e-3f };
var batchOption = new Option<int>("--batch") { Description = "Sequences in a step.", DefaultValueFactory = _ => 8 };
var lengthOption = new Option<int>("--seq") { Description = "Tokens in a sequence.", DefaultValueFactory = _ => 64 };
var seedOption = new Option<ulong>("--seed") { Description = "Seed of adapters and batches.", DefaultValueFactory = _ => 42 };
foreach (Option<int> count in (Option<int>[])[stepsOption, batchOption, lengthOption])
{
    count.Validators.Add(given =>
    {
        if (given.Tokens is [{ Value: var text }] && int.TryParse(text, out int value) && value < 1)
        {
            given.AddError($"{count.Name} is {value}; it must be at least 1.");
        }
    });
}

var command = new RootCommand("Fine-tunes a language model on a text: adapters on all linear layers of the decoder.")
{
    modelOption, dataOption, stepsOption, rankOption, alphaOption, rateOption, batchOption, lengthOption, seedOption,
};
command.SetAction(given =>
{
    string folder = given.GetRequiredValue(modelOption).FullName;
    int batch = given.GetValue(batchOption);
    int length = given.GetValue(lengthOption);
    int steps = given.GetValue(stepsOption);
    LoraRandom.ManualSeed(given.GetValue(seedOption));

    ICausalLanguageModel model = CausalLanguageModel.Load(folder);
    Tokenizer tokenizer = Tokenizer.Load(folder);
    model.ApplyLora(new LoraOptions
    {
        Rank = given.GetValue(rankOption),
        Alpha = given.GetValue(alphaOption),
        TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    });
    Console.WriteLine(model.CountParameters());

    var text = new TokenText(tokenizer.Encode(File.ReadAllText(given.GetRequiredValue(dataOption).FullName), addSpecialTokens: false), batch, length);
    Report("before");

    var adam = new AdamW(model.TrainableParameters, given.GetValue(rateOption), weightDecay: 0);
    var random = new LoraRandom(given.GetValue(seedOption));
    var clock = Stopwatch.StartNew();
    LossProgress.Run(steps, step =>
    {
        (int[] tokens, int[] targets) = text.Draw(random);
        float loss = model.LossAndGradients(tokens, targets, batch);
        adam.Step();
        adam.ZeroGrad();
        return loss;
    });
    Console.WriteLine($"{steps} steps, {clock.Elapsed.TotalMilliseconds / Math.Max(1, steps):F1} ms each");
    Console.WriteLine($"memory: {ModelMemory.Of(model, adam)}");
    Console.WriteLine($"peak of the whole process: {Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024.0):F0} MiB");
    Report("after");

    void Report(string when)
    {
        Console.WriteLine($"held-out loss {when}: {text.HeldOutLoss(model):F3}");
        int[] begin = tokenizer.Encode(text.HeldOutBeginning(tokenizer));
        int[] story = [.. begin, .. model.Generate(begin, new GenerationOptions { MaxNewTokens = 96, Temperature = 0.7f, TopK = 40 })];
        AnsiConsole.Write(new Panel(new Text(tokenizer.Decode(story))).Header($" text {when} ").Expand());
    }
});
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception fault) when (fault is ArgumentException or IOException or InvalidDataException or NotSupportedException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
