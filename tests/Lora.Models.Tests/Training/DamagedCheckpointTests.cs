namespace Lora.Models.Tests;

/// <summary>A checkpoint that is not whole, or is another training's, is refused with what is wrong, and stays as it is.</summary>
[Collection(nameof(AloneCollection))]
public sealed class DamagedCheckpointTests : IDisposable
{
    private static readonly TrainerOptions _options = new() { Steps = 6, Batch = 2, Optimizer = TrainingOptimizer.AdamW, LearningRate = 0.01f };
    private static readonly TokenRow[] _rows = [.. Enumerable.Range(0, 5).Select(row => new TokenRow([1, 2 + row, 3, 4 + row, 5]))];

    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    public DamagedCheckpointTests()
    {
        LlamaForCausalLM model = Base();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj", "v_proj"] });
        var trainer = new Trainer(model, _rows, _options);
        using var stop = new CancellationTokenSource();
        trainer.Run(step => stop.Cancel(), stop.Token);
        trainer.SaveCheckpoint(Checkpoint, folder => File.WriteAllText(Path.Combine(folder, "notes.txt"), "of one's own"));
    }

    public static TheoryData<string> Files => ["adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors", "trainer_state.json", "notes.txt"];

    private string Checkpoint => Path.Combine(_folder, "checkpoint");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_whole_one_goes_on()
    {
        Trainer.HasCheckpoint(Checkpoint).ShouldBeTrue();
        Trainer.Resume(Base(), _rows, _options, Checkpoint).StepsDone.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_that_is_cut_short_anywhere(string name)
    {
        byte[] whole = File.ReadAllBytes(PathOf(name));
        foreach (int length in (int[])[0, 1, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(PathOf(name), whole[..length]);
            Refused<InvalidDataException>(name);
        }
    }

    /// <summary>Every bit of every file counts, those of numbers too.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_with_a_flipped_bit_anywhere(string name)
    {
        byte[] whole = File.ReadAllBytes(PathOf(name));
        var random = new LoraRandom(3);
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. whole];
            int at = round == 0 ? damaged.Length - 1 : random.NextInt32(damaged.Length);
            damaged[at] ^= (byte)(1 << random.NextInt32(8));
            File.WriteAllBytes(PathOf(name), damaged);
            if (name == "trainer_state.json" && char.IsWhiteSpace((char)damaged[at]) && char.IsWhiteSpace((char)whole[at]))
            {
                continue;
            }

            Refused<InvalidDataException>(name);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_that_is_missing(string name)
    {
        File.Delete(PathOf(name));
        if (name == "trainer_state.json")
        {
            Refused<FileNotFoundException>("no checkpoint of a training");
        }
        else
        {
            Refused<InvalidDataException>($"'{PathOf(name)}' is missing");
        }
    }

    [Fact]
    public void A_folder_that_holds_no_checkpoint()
    {
        foreach (string folder in (string[])[Path.Combine(_folder, "none"), _folder, Golden.PathOf("tied/adapter"), PathOf("notes.txt")])
        {
            Trainer.HasCheckpoint(folder).ShouldBeFalse();
            Should.Throw<FileNotFoundException>(() => Trainer.Resume(Base(), _rows, _options, folder)).Message.ShouldContain($"'{folder}' is no checkpoint of a training");
        }

        Should.Throw<ArgumentException>(() => Trainer.Resume(Base(), _rows, _options, ""));
    }

    [Fact]
    public void The_files_of_two_checkpoints()
    {
        string other = Path.Combine(_folder, "other");
        Trainer trainer = Trainer.Resume(Base(), _rows, _options, Checkpoint);
        trainer.Run(cancellation: TestContext.Current.CancellationToken);
        trainer.SaveCheckpoint(other);
        foreach (string name in (string[])["adapter_model.safetensors", "optimizer.safetensors"])
        {
            byte[] own = File.ReadAllBytes(PathOf(name));
            File.Copy(Path.Combine(other, name), PathOf(name), overwrite: true);
            Refused<InvalidDataException>($"'{PathOf(name)}' is not what was written");
            File.WriteAllBytes(PathOf(name), own);
        }
    }

    [Fact]
    public void Other_data_options_and_models()
    {
        Refused<ArgumentException>("the rows are others", rows: _rows[..4]);
        Refused<ArgumentException>("LearningRate was 0.01 and is 0.1; Seed was 42 and is 7", options: _options with { LearningRate = 0.1f, Seed = 7 });
        Refused<ArgumentException>("Optimizer was AdamW and is Adam", options: _options with { Optimizer = TrainingOptimizer.Adam });
        Refused<ArgumentException>("Batch was 2 and is 3", options: _options with { Batch = 3 });
        Refused<PeftAdapterException>("q_proj", model: Models.Llama.Load(Golden.PathOf("untied")));

        // The same shapes with one weight that is another, as a model of the same family has.
        LlamaForCausalLM other = Base();
        Dictionary<string, Tensor> state = other.StateDict().ToDictionary(pair => pair.Key, pair => pair.Value);
        state["model.norm.weight"].Span[0] += 1;
        other.LoadStateDict(state);
        Refused<ArgumentException>("the model has other weights", model: other);
    }

    [Fact]
    public void Weights_that_were_rounded_are_others_than_those_that_were_not() =>
        Refused<ArgumentException>("the model has other weights", model: Models.Llama.Load(Golden.PathOf("tied"), WeightFormat.BFloat16));

    /// <summary>What is trained beside the adapter is in the checkpoint, and is no part of what must be as it was.</summary>
    [Fact]
    public void Layers_that_are_trained_in_full_are_those_of_the_checkpoint()
    {
        LlamaForCausalLM model = Base();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], ModulesToSave = ["norm"] });
        var trainer = new Trainer(model, _rows, _options);
        trainer.Run(cancellation: TestContext.Current.CancellationToken);
        trainer.SaveCheckpoint(Checkpoint);
        LlamaForCausalLM again = Base();
        Trainer.Resume(again, _rows, _options, Checkpoint);
        again.Loss(_rows[0].Tokens, _rows[0].Targets, 1).ShouldBe(model.Loss(_rows[0].Tokens, _rows[0].Targets, 1));
    }

    [Fact]
    public void One_that_was_being_replaced_when_the_process_was_killed_is_put_back()
    {
        Directory.Move(Checkpoint, Checkpoint + ".old.tmp");
        Trainer.HasCheckpoint(Checkpoint).ShouldBeTrue();
        Trainer trainer = Trainer.Resume(Base(), _rows, _options, Checkpoint);
        trainer.StepsDone.ShouldBe(1);
        Directory.CreateDirectory(Checkpoint + ".old.tmp");
        trainer.Run(cancellation: TestContext.Current.CancellationToken);
        trainer.SaveCheckpoint(Checkpoint);
        Trainer.Resume(Base(), _rows, _options, Checkpoint).StepsDone.ShouldBe(6);
        Directory.GetFileSystemEntries(_folder).ShouldBe([Checkpoint]);
    }

    [Fact]
    public void One_that_cannot_be_written_leaves_the_one_before()
    {
        Trainer trainer = Trainer.Resume(Base(), _rows, _options, Checkpoint);
        trainer.Run(cancellation: TestContext.Current.CancellationToken);
        Dictionary<string, byte[]> before = Contents();
        Should.Throw<IOException>(() => trainer.SaveCheckpoint(Checkpoint, _ => throw new IOException("The disk is full."))).Message.ShouldBe("The disk is full.");
        ShouldStillHave(before);
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Should.Throw<IOException>(() => trainer.SaveCheckpoint(Path.Combine(_folder, "file")));
        Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Order().ShouldBe(["checkpoint", "file"]);
    }

    private static LlamaForCausalLM Base() => Models.Llama.Load(Golden.PathOf("tied"));

    private string PathOf(string name) => Path.Combine(Checkpoint, name);

    private Dictionary<string, byte[]> Contents() => Directory.GetFiles(Checkpoint).ToDictionary(path => path, File.ReadAllBytes);

    private void ShouldStillHave(Dictionary<string, byte[]> before)
    {
        Dictionary<string, byte[]> now = Contents();
        now.Keys.ShouldBe(before.Keys, ignoreOrder: true);
        now.Where(file => !file.Value.SequenceEqual(before[file.Key])).ShouldBeEmpty();
    }

    private void Refused<TException>(string said, LlamaForCausalLM? model = null, TokenRow[]? rows = null, TrainerOptions? options = null)
        where TException : Exception
    {
        Dictionary<string, byte[]> before = Contents();
        string message = Should.Throw<TException>(() => Trainer.Resume(model ?? Base(), rows ?? _rows, options ?? _options, Checkpoint)).Message;
        message.ShouldContain(said);
        ShouldStillHave(before);
    }
}
