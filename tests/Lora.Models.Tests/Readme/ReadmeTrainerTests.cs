namespace Lora.Models.Tests.Readme;

/// <summary>The training of a pretrained model that README shows, as it stands there.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ReadmeTrainerTests : IDisposable
{
    private const string SourcePath = "tests/Lora.Models.Tests/Readme/ReadmeTrainerTests.cs";
    private const string Begin = "// <page>\n";
    private const string End = "// </page>\n";

    private readonly string _before = Directory.GetCurrentDirectory();
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    public ReadmeTrainerTests() => Directory.SetCurrentDirectory(_folder);

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_lines_of_the_page_train_save_and_resume()
    {
        string folder = MakeModel();
        File.WriteAllText("text.txt", string.Concat(Enumerable.Repeat("the river and the boats and the mill by the river\n", 60)));
        ICausalLanguageModel model = CausalLanguageModel.Load(folder);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        model.ApplyLora(new LoraOptions { Rank = 8, Alpha = 16, TargetModules = ["q_proj", "v_proj"] });
        float before = Loss(model, tokenizer);

#pragma warning disable xUnit1051 // The page has no token to cancel with.
        // <page>
        TrainingData data = TrainingData.Read("text.txt", model, () => tokenizer, sequenceLength: 64);
        var trainer = new Trainer(model, data.Rows, new TrainerOptions { LearningRate = 3e-3f, Steps = 300, Batch = 8, ClipNorm = 1 });
        Console.WriteLine(trainer.MemoryOfSteps());
        trainer.Run(step => Console.WriteLine($"{step.Number} {step.Loss}"));
        trainer.SaveCheckpoint("checkpoint");   // Trainer.Resume(model, data.Rows, options, "checkpoint")
        PeftAdapter.Save(model, "my-adapter");
        // </page>
#pragma warning restore xUnit1051

        float after = Loss(model, tokenizer);
        after.ShouldBeLessThan(before - 1);

        // The last batch of an epoch has a shape of its own: steps of several shapes hold a quarter more than the largest at most.
        (trainer.MemoryOfSteps() with { Scratch = 0 }).ShouldBe(trainer.Memory with { Scratch = 0 });
        double told = trainer.MemoryOfSteps().Total;
        ((double)trainer.Memory.Total).ShouldBeInRange(told, 1.25 * told);
        ICausalLanguageModel again = CausalLanguageModel.Load(folder);
        PeftAdapter.Load(again, "my-adapter");
        Loss(again, tokenizer).ShouldBe(after);
        ICausalLanguageModel resumed = CausalLanguageModel.Load(folder);
        Trainer.Resume(resumed, data.Rows, trainer.Options, "checkpoint").StepsDone.ShouldBe(300);
        Loss(resumed, tokenizer).ShouldBe(after);
    }

    [Fact]
    public void They_are_those_of_the_page()
    {
        string source = ReadmeTests.ReadFile(SourcePath);
        int begin = source.LastIndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string lines = source[begin..source.LastIndexOf("        " + End, StringComparison.Ordinal)].Replace("\n        ", "\n", StringComparison.Ordinal).TrimStart();
        lines.ShouldStartWith("TrainingData data = ");
        ReadmeTests.ReadFile("README.md").ShouldContain(lines, Case.Sensitive);
    }

    private static float Loss(ICausalLanguageModel model, Tokenizer tokenizer)
    {
        int[] tokens = tokenizer.Encode("the river and the boats and the mill by the river");
        return model.Loss(tokens[..^1], tokens[1..], 1);
    }

    // A tiny Llama with a real, small tokenizer.
    private string MakeModel()
    {
        string folder = Path.Combine(_folder, "model");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), """
            {"model_type": "llama", "vocab_size": 441, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
             "max_position_embeddings": 64, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2}
            """);
        LoraRandom.ManualSeed(4);
        var random = new LlamaForCausalLM(LlamaConfig.Load(folder));
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), random.StateDict().Select(pair => (pair.Key, pair.Value)));
        File.Copy(Golden.PathOf("tokenizers/llama2/tokenizer.json"), Path.Combine(folder, "tokenizer.json"));
        return folder;
    }
}
