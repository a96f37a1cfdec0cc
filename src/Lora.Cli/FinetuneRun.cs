using System.CommandLine;
using System.Globalization;
using Lora.Models;

namespace Lora.Cli;

/// <summary>One run of <c>lora finetune</c>.</summary>
internal sealed class FinetuneRun(Terminal terminal, FinetuneOptions options, ParseResult parsed, string? checkpoint)
{
    private const int EvaluationsOfRun = 10;

    private readonly string _folder = FinetuneOptions.Required(parsed, options.Model);
    private readonly string _output = FinetuneOptions.Required(parsed, options.Out);
    private readonly LossHistory _history = new();
    private TrainingData _rows = null!;
    private IReadOnlyList<TokenRow> _heldOut = [];
    private double? _heldOutLoss;
    private Trainer _trainer = null!;
    private LoadedModel _loaded = null!;

    public int Run(CancellationToken stop)
    {
        CommonOptions.UseThreads(parsed.GetValue(options.Threads));
        string data = FinetuneOptions.Required(parsed, options.Data);
        TrainerOptions training = options.Read(parsed);
        if (parsed.GetValue(options.Plot) is { } curve)
        {
            LossPlot.Check(curve);
        }

        RefuseOverwriting();
        LoraRandom.ManualSeed(training.Seed);
        if (parsed.GetValue(options.DryRun))
        {
            DryRun(data, training, stop);
            return 0;
        }

        _loaded = Load();
        ReadTexts(data);
        _trainer = NewTrainer(training);
        TellTraining();
        WriteProbe.Check(_output, parsed.GetValue(options.Plot), parsed.GetValue(options.Log));
        if (!MeasureBefore(stop) || !Train(stop))
        {
            Save();
            terminal.Line($"Stopped after step {_trainer.StepsDone} of {_trainer.TotalSteps}. To go on: lora finetune --resume {Quoted(_output)}");
            return LoraTool.Interrupted;
        }

        PeftAdapter.Save(_loaded.Model, _output, baseModel: _folder);
        if (_heldOutLoss is { } loss)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"held-out loss after: {loss:F4}"));
        }

        if (parsed.GetValue(options.Plot) is { } plot)
        {
            LossPlot.Save(_history, plot);
        }

        terminal.Line($"memory: {_trainer.Memory}");
        terminal.Line($"The adapter is in '{_output}'.");
        return 0;
    }

    private void RefuseOverwriting()
    {
        foreach (Option<string?> read in (ReadOnlySpan<Option<string?>>)[options.Data, options.Eval])
        {
            if (parsed.GetValue(read) is { Length: > 0 } text && parsed.GetValue(options.Log) is { Length: > 0 } log && Path.GetFullPath(text) == Path.GetFullPath(log))
            {
                throw new ArgumentException($"{options.Log.Name} would write over what {read.Name} reads, '{text}'.");
            }
        }
    }

    // Memory is a matter of shapes; only time needs the weights.
    private void DryRun(string data, TrainerOptions training, CancellationToken stop)
    {
        _loaded = LoadedModel.WithoutWeights(_folder, parsed.Format(options.Weights));
        ReadTexts(data);
        _trainer = NewTrainer(training);
        TellTraining();
        ModelMemory memory = _trainer.MemoryOfSteps();
        MemoryTable.Show(terminal, ("a step", memory));
        terminal.Line($"time: {TimeOf(memory, training, stop)}");
        terminal.Line("Nothing was written.");
    }

    private string TimeOf(ModelMemory memory, TrainerOptions training, CancellationToken stop)
    {
        long there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (memory.Total > there)
        {
            return string.Create(CultureInfo.InvariantCulture, $"not measured, since there are {there / MemoryTable.GiB:N2} GiB here and {memory.Total / MemoryTable.GiB:N2} are needed");
        }

        try
        {
            _loaded = Load();
        }
        catch (FileNotFoundException fault)
        {
            return $"not measured. {fault.Message}";
        }

        return StepTime.Measure(NewTrainer(training), stop);
    }

    private LoadedModel Load()
    {
        LoadedModel loaded = LoadedModel.Load(_folder, weights: parsed.Format(options.Weights));
        loaded.TellRounding(terminal);
        return loaded;
    }

    private void ReadTexts(string data)
    {
        _rows = Read(data);
        if (parsed.GetValue(options.Eval) is { } eval)
        {
            _heldOut = Read(eval).Rows;
        }
    }

    private Trainer NewTrainer(TrainerOptions training)
    {
        if (checkpoint is not null)
        {
            return Trainer.Resume(_loaded.Model, _rows.Rows, training, checkpoint);
        }

        if (parsed.GetValue(options.Init) is { } init)
        {
            InitialAdapter.Load(_loaded.Model, _folder, init, parsed, options.Adapter);
        }
        else
        {
            _loaded.Adapt(options.Adapter.Read(parsed, _loaded.Model));
        }

        return new Trainer(_loaded.Model, _rows.Rows, training);
    }

    private void TellTraining()
    {
        terminal.Line(_loaded.Model.CountParameters().ToString());
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{_rows.Rows.Count:N0} rows with {_rows.PredictedTokens:N0} tokens to predict, {_trainer.TotalSteps:N0} steps{(checkpoint is null ? "" : $", of which {_trainer.StepsDone:N0} are done")}"));
    }

    private TrainingData Read(string path)
    {
        TrainingData data = _loaded.Read(path, parsed.GetValue(options.SequenceLength));
        foreach (string note in data.Notes)
        {
            terminal.Line(note);
        }

        return data;
    }

    private bool MeasureBefore(CancellationToken stop)
    {
        if (_heldOut.Count == 0 || checkpoint is not null)
        {
            return true;
        }

        try
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"held-out loss before: {Evaluate(0, stop):F4}"));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private bool Train(CancellationToken stop)
    {
        using TrainingLog? log = parsed.GetValue(options.Log) is { } path ? new TrainingLog(path, _trainer.StepsDone) : null;
        int? every = parsed.GetValue(options.CheckpointEvery);
        return TrainingDisplay.Run(terminal, _trainer, show => _trainer.Run(
            step =>
            {
                double? heldOut = IsTimeToEvaluate(step.Number) ? Evaluate(step.Number, CancellationToken.None) : null;
                log?.Write(step, heldOut);
                _history.Add(step);
                show(step, heldOut);
                if (every is { } steps && (step.Number % steps == 0 || step.Number == _trainer.TotalSteps))
                {
                    Save();
                }
            },
            stop));
    }

    private bool IsTimeToEvaluate(int step) => _heldOut.Count > 0
        && (step == _trainer.TotalSteps || step % (parsed.GetValue(options.EvalEvery) ?? Math.Max(1, _trainer.TotalSteps / EvaluationsOfRun)) == 0);

    private double Evaluate(int step, CancellationToken stop)
    {
        double loss = LanguageModelLoss.Of(_loaded.Model, _heldOut, parsed.GetValue(options.Batch), cancellation: stop).Loss;
        _heldOutLoss = loss;
        _history.AddHeldOut(step, loss);
        return loss;
    }

    private void Save()
    {
        _trainer.SaveCheckpoint(Checkpoints.PathOf(_output, _trainer.StepsDone), folder => Checkpoints.WriteArguments(folder, parsed, options));
        Checkpoints.DeleteBefore(_output, _trainer.StepsDone);
    }

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;
}
