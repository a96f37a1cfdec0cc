using System.Diagnostics;
using System.Globalization;

namespace Lora.Models;

/// <summary>Trains what is trainable of a language model, such as its adapters, to predict rows of tokens.</summary>
/// <example><code>
/// ICausalLanguageModel model = CausalLanguageModel.Load(folder);
/// model.ApplyLora(new LoraOptions { Rank = 8, Alpha = 16, TargetModules = ["q_proj", "v_proj"] });
/// TrainingData data = TrainingData.Read("text.txt", model, () => Tokenizer.Load(folder));
/// var trainer = new Trainer(model, data.Rows, new TrainerOptions { Steps = 300 });
/// trainer.Run(step => Console.WriteLine(step.Loss));
/// PeftAdapter.Save(model, "my-adapter");
/// </code></example>
/// <remarks>
/// A trainer gives <see cref="LoraRandom"/> its seed. The rows that a step takes depend on the options and the step's number alone, so that a trainer that goes on
/// from a checkpoint gives the same bits as one that was never stopped.
/// </remarks>
public sealed class Trainer
{
    private readonly ICausalLanguageModel _model;
    private readonly IReadOnlyList<TokenRow> _rows;
    private readonly Optimizer _optimizer;
    private readonly LearningRateSchedule _schedule;
    private readonly RowOrder _order;

    /// <summary>Makes a trainer of what is trainable in the model now.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">What it is to predict.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">An option lies outside its range, there is no row, a row does not fit the model, or nothing is trainable.</exception>
    public Trainer(ICausalLanguageModel model, IReadOnlyList<TokenRow> rows, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count, nameof(rows));
        for (int i = 0; i < rows.Count; i++)
        {
            try
            {
                rows[i].CheckFits(model);
            }
            catch (ArgumentException fault)
            {
                throw new ArgumentException($"Row {i} does not fit the model. {fault.Message}", nameof(rows), fault);
            }
        }

        _model = model;
        _rows = rows;
        Options = options;
        _order = new RowOrder(rows.Count, options);
        TotalSteps = options.Steps ?? checked(options.Epochs * _order.StepsPerEpoch);
        _schedule = options.NewSchedule(TotalSteps);
        _optimizer = options.NewOptimizer(model.TrainableParameters);
        LoraRandom.ManualSeed(options.Seed);
        ModelState.Of(model).NextStep = 0;
    }

    /// <summary>How it trains.</summary>
    public TrainerOptions Options { get; }

    /// <summary>The number of steps of the whole training.</summary>
    public int TotalSteps { get; }

    /// <summary>How many of them are done.</summary>
    public int StepsDone => _optimizer.StepCount;

    /// <summary>The memory that the model and the optimiser hold now.</summary>
    public ModelMemory Memory => ModelMemory.Of(_model, _optimizer);

    /// <summary>
    /// The memory that the training will take, from the shape of its largest step: nothing is computed. Rows of other lengths change it little: steps of many shapes
    /// hold a quarter more than the largest alone at most.
    /// </summary>
    public ModelMemory MemoryOfSteps()
    {
        int batch = Math.Min(Options.Batch, _rows.Count);
        int tokens = checked(batch * _rows.Max(row => row.Tokens.Length));
        return _model.LossMemory(tokens, tokens, batch) with { OptimizerStates = _optimizer.StateBytes };
    }

    /// <summary>
    /// Goes on with a training from the checkpoint in a folder, which has the adapter in PEFT's format, the optimiser's state, and how far it had come. The model's
    /// adapters are replaced by the checkpoint's.
    /// </summary>
    /// <param name="model">The model that was trained, as it was loaded.</param>
    /// <param name="rows">The rows that it was trained on.</param>
    /// <param name="options">The options that it was trained with; <see cref="TrainerOptions.Steps"/> and <see cref="TrainerOptions.Epochs"/> may be others.</param>
    /// <param name="directory">The checkpoint.</param>
    /// <exception cref="ArgumentException">The rows, the options or the model's own weights are others than those of the checkpoint; what differs is named.</exception>
    /// <exception cref="InvalidDataException">A file of the checkpoint is missing or is not what was written.</exception>
    /// <exception cref="PeftAdapterException">The adapter does not fit the model.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static Trainer Resume(ICausalLanguageModel model, IReadOnlyList<TokenRow> rows, TrainerOptions options, string directory)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        TrainingCheckpoint checkpoint = TrainingCheckpoint.Read(directory);
        PeftAdapter.Load(model, directory);
        var trainer = new Trainer(model, rows, options);
        checkpoint.RefuseOther(trainer.Settings, directory);
        checkpoint.LoadInto(trainer._optimizer, directory);
        ModelState.Of(model).NextStep = checkpoint.TrainingCalls;
        return trainer;
    }

    /// <summary>Whether there is a checkpoint in a folder, whole, that <see cref="Resume"/> reads.</summary>
    /// <param name="directory">The folder.</param>
    public static bool HasCheckpoint(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return TrainingCheckpoint.IsIn(directory);
    }

    /// <summary>Trains until the last step, or until it is cancelled between two steps.</summary>
    /// <param name="afterStep">Called after each step.</param>
    /// <param name="cancellation">Ends the training after the step that is running; <see cref="Run"/> may be called again.</param>
    /// <returns>Whether every step is done.</returns>
    /// <exception cref="ArithmeticException">The loss or a gradient is not finite; the step was not made.</exception>
    public bool Run(Action<TrainingStep>? afterStep = null, CancellationToken cancellation = default)
    {
        while (StepsDone < TotalSteps && !cancellation.IsCancellationRequested)
        {
            TrainingStep step = Step();
            afterStep?.Invoke(step);
        }

        return StepsDone >= TotalSteps;
    }

    /// <summary>Writes a checkpoint as a whole or not at all: a folder that <see cref="Resume"/> reads, and <see cref="PeftAdapter.Load"/> too.</summary>
    /// <param name="directory">The folder; what is there is replaced.</param>
    /// <param name="addFiles">Writes files of one's own into the folder, whose path it is given, before it takes its name.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void SaveCheckpoint(string directory, Action<string>? addFiles = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        new TrainingCheckpoint(StepsDone, ModelState.Of(_model).NextStep, Settings).Write(_model, _optimizer, directory, addFiles);
    }

    // What must be the same for a training to go on as it was. The number of steps matters where the learning rate comes down to 0 at the last.
    private IReadOnlyDictionary<string, string> Settings => field ??= new Dictionary<string, string>(Options.Settings)
    {
        ["Rows"] = TokenRow.Fingerprint(_rows),
        ["Model"] = ModelFingerprint.Of(_model),
        ["Steps"] = Options.Schedule == TrainingSchedule.Constant ? "any" : TotalSteps.ToString(CultureInfo.InvariantCulture),
    };

    private TrainingStep Step()
    {
        long start = Stopwatch.GetTimestamp();
        int step = StepsDone;
        IReadOnlyList<TokenBatch> batches = _order.BatchesOf(step, _rows);
        int tokens = 0;
        double loss = 0;
        _optimizer.ZeroGrad();
        foreach (TokenBatch batch in batches)
        {
            loss += _model.LossAndGradients(batch.Tokens, batch.Targets, batch.Count) / (double)batches.Count;
            tokens += batch.PredictedTokens;
        }

        // The gradients are the sum over the batches; the optimiser takes their mean.
        double norm = Options.ClipNorm is { } limit ? GradientNorm.Clip(_optimizer.Parameters, limit * batches.Count) : GradientNorm.Of(_optimizer.Parameters);
        norm /= batches.Count;
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new ArithmeticException(
                $"The loss of step {step + 1} is {loss} and the norm of its gradients {norm}: the training has come apart. A smaller learning rate, or a limit to the norm, may help.");
        }

        _optimizer.LearningRate = _schedule.At(step);
        _optimizer.Step(gradientScale: 1f / batches.Count);
        return new TrainingStep(step + 1, loss, norm, _optimizer.LearningRate, tokens, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}
