namespace Lora.Models.Tests;

/// <summary>What a trainer adds to the steps that the traces hold: the order of rows, filled-up batches, checkpoints.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rows_come_in_their_order_and_the_last_step_of_an_epoch_takes_what_is_left()
    {
        LlamaForCausalLM model = Adapted();
        TokenRow[] rows = Rows(7);
        List<TrainingStep> steps = [];
        new Trainer(model, rows, new TrainerOptions { Optimizer = TrainingOptimizer.Sgd, LearningRate = 0, Batch = 2, Accumulate = 2, Shuffle = false, Epochs = 2 })
            .Run(steps.Add, TestContext.Current.CancellationToken).ShouldBeTrue();
        steps.Select(step => step.Number).ShouldBe([1, 2, 3, 4]);

        // The learning rate is 0, so that every step sees the first model.
        double first = (LossOf(model, rows[..2]) + LossOf(model, rows[2..4])) / 2;
        double rest = (LossOf(model, rows[4..6]) + LossOf(model, rows[6..])) / 2;
        steps.Select(step => step.Loss).ShouldBe([first, rest, first, rest], 1e-6);
        int[] tokens = [rows[..4].Sum(row => row.PredictedTokens), rows[4..].Sum(row => row.PredictedTokens)];
        steps.Select(step => step.Tokens).ShouldBe([.. tokens, .. tokens]);
    }

    [Fact]
    public void Shuffled_epochs_take_every_row_once_and_differ()
    {
        TokenRow[] rows = Rows(9);
        List<int>[] epochs = [[], []];
        var trainer = new Trainer(Adapted(), rows, new TrainerOptions { LearningRate = 0, Batch = 1, Epochs = 2, Seed = 5 });
        double[] losses = [.. rows.Select(row => (double)LossOf(Adapted(), [row]))];
        trainer.Run(step => epochs[(step.Number - 1) / 9].Add(Array.FindIndex(losses, loss => Math.Abs(loss - step.Loss) < 1e-9)), TestContext.Current.CancellationToken);
        epochs[0].Order().ShouldBe(Enumerable.Range(0, 9));
        epochs[1].Order().ShouldBe(Enumerable.Range(0, 9));
        epochs[0].ShouldNotBe(epochs[1]);
        epochs[0].ShouldNotBe(Enumerable.Range(0, 9));
    }

    [Fact]
    public void Rows_of_other_lengths_count_by_what_is_predicted()
    {
        LlamaForCausalLM model = Adapted();
        TokenRow[] rows = [new TokenRow([1, 2, 3, 4, 5, 6]), new TokenRow([7, 8, 9], [-100, -100, 9])];
        double expected = ((5 * (double)model.Loss(rows[0].Tokens, rows[0].Targets, 1)) + model.Loss(rows[1].Tokens, rows[1].Targets, 1)) / 6;
        double? loss = null;
        new Trainer(model, rows, new TrainerOptions { LearningRate = 0, Batch = 2, Shuffle = false }).Run(step => loss = step.Loss, TestContext.Current.CancellationToken);
        loss!.Value.ShouldBe(expected, 1e-6);
        LanguageModelLoss all = LanguageModelLoss.Of(model, rows, batch: 2, cancellation: TestContext.Current.CancellationToken);
        all.Loss.ShouldBe(expected, 1e-6);
        all.Tokens.ShouldBe(6);
        all.Perplexity.ShouldBe(Math.Exp(expected), 1e-4);
        LanguageModelLoss.Of(model, rows, batch: 1, cancellation: TestContext.Current.CancellationToken).Loss.ShouldBe(expected, 1e-6);
    }

    [Theory]
    [InlineData(TrainingOptimizer.AdamW, TrainingSchedule.Cosine)]
    [InlineData(TrainingOptimizer.Adam, TrainingSchedule.Linear)]
    [InlineData(TrainingOptimizer.Sgd, TrainingSchedule.Constant)]
    public void A_training_goes_on_with_the_same_bits(TrainingOptimizer optimizer, TrainingSchedule schedule)
    {
        var options = new TrainerOptions
        {
            Optimizer = optimizer,
            LearningRate = 0.05f,
            WeightDecay = 0.1f,
            Momentum = optimizer == TrainingOptimizer.Sgd ? 0.9f : 0,
            ClipNorm = 0.5,
            Schedule = schedule,
            WarmupSteps = 2,
            Steps = 11,
            Batch = 2,
            Accumulate = 2,
            Seed = 3,
        };
        TokenRow[] rows = Rows(13);
        List<TrainingStep> whole = [];
        LlamaForCausalLM straight = Adapted(dropout: 0.2f);
        new Trainer(straight, rows, options).Run(whole.Add, TestContext.Current.CancellationToken);

        List<TrainingStep> parts = [];
        using (var stop = new CancellationTokenSource())
        {
            var first = new Trainer(Adapted(dropout: 0.2f), rows, options);
            first.Run(
                step =>
                {
                    parts.Add(step);
                    if (step.Number == 5)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token).ShouldBeFalse();
            first.StepsDone.ShouldBe(5);
            first.SaveCheckpoint(Path.Combine(_folder, "checkpoint"));
            first.SaveCheckpoint(Path.Combine(_folder, "checkpoint"));
        }

        LoraRandom.ManualSeed(99);
        LlamaForCausalLM resumed = Base();
        Trainer.Resume(resumed, rows, options, Path.Combine(_folder, "checkpoint")).Run(parts.Add, TestContext.Current.CancellationToken).ShouldBeTrue();
        parts.Select(step => (step.Number, step.Loss, step.GradientNorm, step.LearningRate, step.Tokens))
            .ShouldBe(whole.Select(step => (step.Number, step.Loss, step.GradientNorm, step.LearningRate, step.Tokens)));
        for (int i = 0; i < straight.TrainableParameters.Count; i++)
        {
            resumed.TrainableParameters[i].Value.Span.SequenceEqual(straight.TrainableParameters[i].Value.Span).ShouldBeTrue(straight.TrainableParameters[i].Name);
        }

        whole[^1].Loss.ShouldBeLessThan(whole[0].Loss);
        Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).ShouldBe(["checkpoint"]);
    }

    [Fact]
    public void Another_training_does_not_go_on_from_a_checkpoint()
    {
        var options = new TrainerOptions { Steps = 2, Batch = 2 };
        TokenRow[] rows = Rows(4);
        var trainer = new Trainer(Adapted(), rows, options);
        trainer.Run(cancellation: TestContext.Current.CancellationToken);
        trainer.SaveCheckpoint(_folder);
        Refusal(rows, options with { LearningRate = 1 }).ShouldContain("LearningRate was 0.0002 and is 1");
        Refusal(Rows(5), options).ShouldContain("the rows are others");
        Trainer.Resume(Base(), rows, options with { Steps = 3 }, _folder).Run(cancellation: TestContext.Current.CancellationToken).ShouldBeTrue();
        Should.Throw<FileNotFoundException>(() => Trainer.Resume(Base(), rows, options, Path.Combine(_folder, "none"))).Message.ShouldContain("no checkpoint");
        File.WriteAllText(Path.Combine(_folder, "trainer_state.json"), "{\"step\": 1");
        Should.Throw<InvalidDataException>(() => Trainer.Resume(Base(), rows, options, _folder)).Message.ShouldContain("damaged");

        string Refusal(TokenRow[] others, TrainerOptions changed) => Should.Throw<ArgumentException>(() => Trainer.Resume(Base(), others, changed, _folder)).Message;
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_training_before_the_step()
    {
        LlamaForCausalLM model = Adapted();
        var trainer = new Trainer(model, Rows(4), new TrainerOptions { Steps = 50, Batch = 2 });
        model.TrainableParameters[0].Span[0] = float.NaN;
        float untouched = model.TrainableParameters[0].Span[1];
        Should.Throw<ArithmeticException>(() => trainer.Run(cancellation: TestContext.Current.CancellationToken)).Message.ShouldContain("A smaller learning rate");
        model.TrainableParameters[0].Span[1].ShouldBe(untouched);
        trainer.StepsDone.ShouldBe(0);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused()
    {
        LlamaForCausalLM model = Adapted();
        Message(() => new Trainer(model, [new TokenRow([1, 99])], new TrainerOptions())).ShouldContain("Row 0 does not fit the model. The token 99 is not of the model's vocabulary");
        Message(() => new Trainer(model, Rows(1), new TrainerOptions { Batch = 0 })).ShouldContain("Batch is 0; it must be at least 1");
        Message(() => new Trainer(model, Rows(1), new TrainerOptions { Momentum = 0.9f })).ShouldContain("SGD");
        Message(() => new Trainer(model, Rows(1), new TrainerOptions { ClipNorm = 0 })).ShouldContain("ClipNorm");
        Message(() => new TokenRow([1])).ShouldContain("two or more");
        Message(() => new TokenRow([1, 2], [-100, -100])).ShouldContain("nothing to predict");
        Message(() => new Trainer(Base(), Rows(1), new TrainerOptions())).ShouldContain("no parameter to train");

        static string Message(Func<object> make) => Should.Throw<ArgumentException>(make).Message;
    }

    private static float LossOf(LlamaForCausalLM model, TokenRow[] rows)
    {
        double sum = 0;
        foreach (TokenRow row in rows)
        {
            sum += (double)model.Loss(row.Tokens, row.Targets, 1) * row.PredictedTokens;
        }

        return (float)(sum / rows.Sum(row => row.PredictedTokens));
    }

    private static LlamaForCausalLM Base() => Models.Llama.Load(Golden.PathOf("tied"));

    private static LlamaForCausalLM Adapted(float dropout = 0)
    {
        LlamaForCausalLM model = Base();
        LoraRandom.ManualSeed(8);
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 4, Dropout = dropout, TargetModules = ["q_proj", "v_proj", "down_proj"] });
        return model;
    }

    // Of 4 to 9 tokens below 11.
    private static TokenRow[] Rows(int count)
    {
        var random = new LoraRandom(1);
        return [.. Enumerable.Range(0, count).Select(i => new TokenRow([.. Enumerable.Range(0, 4 + (i % 6)).Select(_ => random.NextInt32(11))]))];
    }
}
