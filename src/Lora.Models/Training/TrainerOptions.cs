using System.Globalization;

namespace Lora.Models;

/// <summary>The optimisers of a <see cref="Trainer"/>.</summary>
public enum TrainingOptimizer
{
    /// <summary><see cref="Lora.AdamW"/>.</summary>
    AdamW,

    /// <summary><see cref="Lora.Adam"/>.</summary>
    Adam,

    /// <summary><see cref="Lora.Sgd"/>.</summary>
    Sgd,
}

/// <summary>How a learning rate goes on after its warm-up; see <see cref="LearningRateSchedule"/>.</summary>
public enum TrainingSchedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls in a line to 0 at the last step.</summary>
    Linear,

    /// <summary>It falls along half a cosine to 0 at the last step.</summary>
    Cosine,
}

/// <summary>How a <see cref="Trainer"/> trains.</summary>
public sealed record TrainerOptions
{
    /// <summary>The optimiser.</summary>
    public TrainingOptimizer Optimizer { get; init; } = TrainingOptimizer.AdamW;

    /// <summary>The highest learning rate.</summary>
    public float LearningRate { get; init; } = 2e-4f;

    /// <summary>The weight decay: AdamW's shrinks the values, Adam's and SGD's is part of the gradient.</summary>
    public float WeightDecay { get; init; }

    /// <summary>How much of the average of the gradients a step of Adam keeps.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>How much of the average of their squares a step of Adam keeps.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>What Adam adds to the root of the second average.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>The momentum of SGD.</summary>
    public float Momentum { get; init; }

    /// <summary>LoRA+: see <see cref="Lora.Optimizer.LoraPlusRatio"/>.</summary>
    public float LoraPlusRatio { get; init; } = 1;

    /// <summary>The largest norm of the gradients, by which they are scaled down; null for no limit.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>How the learning rate goes on after the warm-up.</summary>
    public TrainingSchedule Schedule { get; init; } = TrainingSchedule.Constant;

    /// <summary>Over how many steps the learning rate rises from 0.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>The number of steps; null for <see cref="Epochs"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>How many times all rows are taken, where <see cref="Steps"/> is null.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>How many rows are computed together.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>How many such batches, whose gradients are averaged, make a step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Whether the rows are taken in a new order each time, rather than in their own.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The seed of the order of the rows and of dropout.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>What each step depends on, by name.</summary>
    internal IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        [nameof(Optimizer)] = Optimizer.ToString(),
        [nameof(LearningRate)] = Text(LearningRate),
        [nameof(WeightDecay)] = Text(WeightDecay),
        [nameof(Beta1)] = Text(Beta1),
        [nameof(Beta2)] = Text(Beta2),
        [nameof(Epsilon)] = Text(Epsilon),
        [nameof(Momentum)] = Text(Momentum),
        [nameof(LoraPlusRatio)] = Text(LoraPlusRatio),
        [nameof(ClipNorm)] = ClipNorm?.ToString("R", CultureInfo.InvariantCulture) ?? "none",
        [nameof(Schedule)] = Schedule.ToString(),
        [nameof(WarmupSteps)] = Text(WarmupSteps),
        [nameof(Batch)] = Text(Batch),
        [nameof(Accumulate)] = Text(Accumulate),
        [nameof(Shuffle)] = Shuffle.ToString(),
        [nameof(Seed)] = Seed.ToString(CultureInfo.InvariantCulture),
    };

    internal void Check()
    {
        foreach ((string name, int value, int least) in (ReadOnlySpan<(string, int, int)>)[
            (nameof(WarmupSteps), WarmupSteps, 0), (nameof(Steps), Steps ?? 1, 1), (nameof(Epochs), Epochs, 1), (nameof(Batch), Batch, 1), (nameof(Accumulate), Accumulate, 1)])
        {
            if (value < least)
            {
                throw new ArgumentException($"{name} is {value}; it must be at least {least}.");
            }
        }

        if (ClipNorm is { } norm && !(double.IsFinite(norm) && norm > 0))
        {
            throw new ArgumentException($"ClipNorm is {norm}; it must be a positive finite number, or null for no limit.");
        }

        if (Optimizer != TrainingOptimizer.Sgd && Momentum != 0)
        {
            throw new ArgumentException($"Momentum is {Momentum}, which is SGD's; {Optimizer} has Beta1.");
        }
    }

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    internal Optimizer NewOptimizer(IReadOnlyList<Parameter> parameters) => Optimizer switch
    {
        TrainingOptimizer.AdamW => new AdamW(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay) { LoraPlusRatio = LoraPlusRatio },
        TrainingOptimizer.Adam => new Adam(parameters, LearningRate, Beta1, Beta2, Epsilon, WeightDecay) { LoraPlusRatio = LoraPlusRatio },
        TrainingOptimizer.Sgd => new Sgd(parameters, LearningRate, Momentum, WeightDecay) { LoraPlusRatio = LoraPlusRatio },
        _ => throw new ArgumentException($"There is no {nameof(TrainingOptimizer)} {(int)Optimizer}."),
    };

    internal LearningRateSchedule NewSchedule(int totalSteps) => Schedule switch
    {
        TrainingSchedule.Constant => LearningRateSchedule.Constant(LearningRate, WarmupSteps),
        TrainingSchedule.Linear => LearningRateSchedule.Linear(LearningRate, totalSteps, WarmupSteps),
        TrainingSchedule.Cosine => LearningRateSchedule.Cosine(LearningRate, totalSteps, WarmupSteps),
        _ => throw new ArgumentException($"There is no {nameof(TrainingSchedule)} {(int)Schedule}."),
    };
}
