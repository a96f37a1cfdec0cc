using System.CommandLine;
using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>The options of <c>lora finetune</c>.</summary>
internal sealed class FinetuneOptions
{
    public Option<string?> Model { get; } = new("--model") { HelpName = "DIR", Description = "Folder of a language model in Hugging Face's layout. (required)" };

    public Option<string?> Data { get; } = new("--data")
    {
        HelpName = "FILE",
        Description = "What to learn: .txt, or .jsonl whose lines have text, prompt and completion (the completion is learned), messages (the assistant's are), or input_ids. (required)",
    };

    public Option<string?> Out { get; } = new("--out") { HelpName = "DIR", Description = "Folder that gets the adapter in PEFT's format, and checkpoints. (required)" };

    public Option<string?> Eval { get; } = new("--eval") { HelpName = "FILE", Description = "Texts to measure the loss on, before and after and on the way." };

    public Option<int?> EvalEvery { get; } = new Option<int?>("--eval-every") { HelpName = "N", Description = "Measure it every N steps; by default ten times." }.AtLeast(1);

    public AdapterOptions Adapter { get; } = new();

    public Option<string?> Init { get; } = new("--init") { HelpName = "DIR", Description = "Start from the adapter in this folder, with its rank, alpha and targets." };

    public Option<string> Optimizer { get; } =
        new Option<string>("--optimizer") { HelpName = "NAME", Description = "adamw, adam or sgd.", DefaultValueFactory = _ => "adamw" }.OneOf("adamw", "adam", "sgd");

    public Option<float> LearningRate { get; } = new("--lr") { HelpName = "X", Description = "Highest learning rate.", DefaultValueFactory = _ => 2e-4f };

    public Option<float> WeightDecay { get; } = new("--weight-decay") { HelpName = "X", Description = "Weight decay: adamw's is decoupled, adam's and sgd's is part of the gradient." };

    public Option<string[]> Betas { get; } = new("--betas") { HelpName = "X,Y", Description = "Decay of Adam's two averages; by default 0.9,0.999.", AllowMultipleArgumentsPerToken = true };

    public Option<float> Epsilon { get; } = new("--eps") { HelpName = "X", Description = "What Adam adds to the root of the second average.", DefaultValueFactory = _ => 1e-8f };

    public Option<float> Momentum { get; } = new("--momentum") { HelpName = "X", Description = "Momentum of sgd." };

    public Option<float> LoraPlus { get; } = new("--loraplus-lr-ratio") { HelpName = "X", Description = "How many times the learning rate of B is larger than that of A (LoRA+).", DefaultValueFactory = _ => 1 };

    public Option<double?> Clip { get; } = new("--clip") { HelpName = "X", Description = "Largest norm of all gradients together; by default no limit." };

    public Option<string> Schedule { get; } =
        new Option<string>("--schedule") { HelpName = "NAME", Description = "constant, linear or cosine.", DefaultValueFactory = _ => "constant" }.OneOf("constant", "linear", "cosine");

    public Option<int> Warmup { get; } = new Option<int>("--warmup") { HelpName = "N", Description = "Steps over which the learning rate rises from 0." }.AtLeast(0);

    public Option<int?> Steps { get; } = new Option<int?>("--steps") { HelpName = "N", Description = "Steps of the whole training." }.AtLeast(1);

    public Option<int?> Epochs { get; } = new Option<int?>("--epochs") { HelpName = "N", Description = "Or: how many times all rows are taken; by default once." }.AtLeast(1);

    public Option<int> Batch { get; } = new Option<int>("--batch") { HelpName = "N", Description = "Rows that are computed together.", DefaultValueFactory = _ => 8 }.AtLeast(1);

    public Option<int> Accumulate { get; } = new Option<int>("--accumulate") { HelpName = "N", Description = "Batches whose gradients are averaged for a step.", DefaultValueFactory = _ => 1 }.AtLeast(1);

    public Option<int?> SequenceLength { get; } = CommonOptions.SequenceLength();

    public Option<ulong> Seed { get; } = new("--seed") { HelpName = "N", Description = "Seed of the adapters, the order of the rows, and dropout.", DefaultValueFactory = _ => 42 };

    public Option<bool> NoShuffle { get; } = new("--no-shuffle") { Description = "Take the rows in the order of the file." };

    public Option<int?> Threads { get; } = CommonOptions.Threads();

    public Option<string> Weights { get; } = CommonOptions.Weights();

    public Option<int?> CheckpointEvery { get; } = new Option<int?>("--checkpoint-every") { HelpName = "N", Description = "Save a checkpoint in the folder of --out every N steps; the newest is kept." }.AtLeast(1);

    public Option<string?> Resume { get; } = new("--resume") { HelpName = "DIR", Description = "Go on from a checkpoint, or the newest in a folder, bit for bit. What is not said again is as it was." };

    public Option<string?> Log { get; } = new("--log") { HelpName = "FILE", Description = "Write each step as a line of JSON." };

    public Option<string?> Plot { get; } = new("--plot") { HelpName = "FILE", Description = "Draw the losses as .png or .svg when the training ends." };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Say what it will take: memory by the shapes alone, before any weight is read, and time by two steps that are thrown away. Writes nothing." };

    public IEnumerable<Option> All =>
    [
        Model, Data, Out, Eval, EvalEvery, .. Adapter.All, Init, Optimizer, LearningRate, WeightDecay, Betas, Epsilon, Momentum, LoraPlus, Clip, Schedule, Warmup, Steps, Epochs,
        Batch, Accumulate, SequenceLength, Seed, NoShuffle, Threads, Weights, CheckpointEvery, Resume, Log, Plot, DryRun,
    ];

    /// <summary>The options whose values are paths.</summary>
    public IEnumerable<Option> Paths => [Model, Data, Out, Eval, Init, Log, Plot];

    /// <summary>The options that say what a new adapter is.</summary>
    public IEnumerable<Option> OfAdapter => [.. Adapter.All, Init];

    /// <summary>The options that say what one run does, not the training.</summary>
    public IEnumerable<Option> OfOneRun => [Resume, DryRun, Threads];

    public TrainerOptions Read(ParseResult parsed)
    {
        (float beta1, float beta2) = ReadBetas(parsed);
        if (parsed.IsGiven(Steps) && parsed.IsGiven(Epochs))
        {
            throw new ArgumentException("--steps and --epochs both say how long to train: give one of them.");
        }

        bool isSgd = parsed.GetValue(Optimizer) == "sgd";
        foreach ((Option option, bool hasEffect, string why) in (ReadOnlySpan<(Option, bool, string)>)[
            (Betas, !isSgd, "sgd has none"), (Epsilon, !isSgd, "sgd has none"), (Momentum, isSgd, $"{Optimizer.Name} sgd alone has it"), (EvalEvery, parsed.IsGiven(Eval), $"{Eval.Name} is missing")])
        {
            if (parsed.IsGiven(option) && !hasEffect)
            {
                throw new ArgumentException($"{option.Name} would have no effect: {why}.");
            }
        }

        return new TrainerOptions
        {
            Optimizer = parsed.GetValue(Optimizer) switch { "sgd" => TrainingOptimizer.Sgd, "adam" => TrainingOptimizer.Adam, _ => TrainingOptimizer.AdamW },
            LearningRate = parsed.GetValue(LearningRate),
            WeightDecay = parsed.GetValue(WeightDecay),
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = parsed.GetValue(Epsilon),
            Momentum = parsed.GetValue(Momentum),
            LoraPlusRatio = parsed.GetValue(LoraPlus),
            ClipNorm = parsed.GetValue(Clip),
            Schedule = parsed.GetValue(Schedule) switch { "linear" => TrainingSchedule.Linear, "cosine" => TrainingSchedule.Cosine, _ => TrainingSchedule.Constant },
            WarmupSteps = parsed.GetValue(Warmup),
            Steps = parsed.GetValue(Steps),
            Epochs = parsed.GetValue(Epochs) ?? 1,
            Batch = parsed.GetValue(Batch),
            Accumulate = parsed.GetValue(Accumulate),
            Seed = parsed.GetValue(Seed),
            Shuffle = !parsed.GetValue(NoShuffle),
        };
    }

    /// <summary>A value that must be there.</summary>
    public static string Required(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? throw new ArgumentException($"{option.Name} is missing. See 'lora finetune --help'.");

    private (float First, float Second) ReadBetas(ParseResult parsed)
    {
        string[] given = CommonOptions.Parts(parsed.GetValue(Betas) ?? []);
        return given switch
        {
            [] => (0.9f, 0.999f),
            [var first, var second] when float.TryParse(first, CultureInfo.InvariantCulture, out float beta1) && float.TryParse(second, CultureInfo.InvariantCulture, out float beta2) => (beta1, beta2),
            _ => throw new ArgumentException($"--betas is {string.Join(",", given)}; it must be two numbers, such as 0.9,0.999."),
        };
    }
}
