namespace Lora.Models.Tests.Readme;

/// <summary>What README shows, run.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ReadmeTests
{
    private const string FirstLine = "public sealed partial class Attention";

    [Fact]
    public void The_models_here_are_those_of_the_page()
    {
        string source = ReadFile("tests/Lora.Models.Tests/Readme/ReadmeModels.cs");
        string page = ReadFile("README.md");
        page.ShouldContain(source[source.IndexOf(FirstLine, StringComparison.Ordinal)..], Case.Sensitive);
    }

    [Fact]
    public void The_tour_does_what_it_says()
    {
        LoraRandom.ManualSeed(42);
        Tensor x = Tensor.RandomNormal(1, 2, 10, 64);
        Tensor target = Tensor.RandomNormal(2, 2, 10, 16);
        var model = new Regressor(64);
        float before = model.Loss(x, target);
        var adam = new Adam(model.TrainableParameters, learningRate: 1e-3f);
        for (int step = 0; step < 100; step++)
        {
            float loss = model.LossAndGradients(x, target);
            adam.Step();
            adam.ZeroGrad();
            float.IsFinite(loss).ShouldBeTrue();
        }

        model.Loss(x, target).ShouldBeLessThan(0.8f * before);
        ReadFile("README.md").ShouldContain($"Console.WriteLine(model.CountParameters());   // {model.CountParameters()}\n", Case.Sensitive);

        Tensor adapted = model.Forward(x);
        model.MergeAdapters();
        Tensor merged = model.Forward(x);
        Numbers.MaxDifference(merged.Span.ToDoubles(), adapted.Span.ToDoubles()).ShouldBeLessThan(1e-5);
        model.UnmergeAdapters();
        model.Forward(x).Span.ToArray().ShouldBe(adapted.Span.ToArray());
        model.MergeHead().OutFeatures.ShouldBe(16);
        model.Head.Scaling.ShouldBe(2f);

        IReadOnlyList<string> named = model.ApplyLora(new LoraOptions { Rank = 4, Alpha = 8, TargetModules = ["k_proj", "o_proj"] });
        ReadFile("README.md").ShouldContain("// " + string.Join(", ", named), Case.Sensitive);

        model.ApplyLora(new LoraOptions { Rank = 8, Alpha = 16, TargetMatching = TargetMatching.AllLinear });
        model.Head.B.Span.Fill(0.1f);
        string folder = Directory.CreateTempSubdirectory().FullName;
        PeftAdapter.Save(model, folder);
        var loaded = new Regressor(64);
        loaded.LoadStateDict(model.StateDict());
        PeftAdapter.Load(loaded, folder);
        loaded.Forward(x).Span.ToArray().ShouldBe(model.Forward(x).Span.ToArray());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_configuration_counts_what_the_page_says()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string config = Path.Combine(folder, "config.json");
        File.WriteAllText(config, CountTests.Llama2);
        using (Layer.WithoutWeights())
        {
            ILoraModel counted = PretrainedModel.WithoutWeights(config);
            counted.ApplyLora(new LoraOptions { Rank = 8, TargetModules = ["q_proj", "v_proj"] });
            ReadFile("README.md").ShouldContain($"// Llama 2 7B: {counted.CountParameters()}\n", Case.Sensitive);
        }

        Directory.Delete(folder, recursive: true);
    }

    internal static string ReadFile(string path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return File.ReadAllText(Path.Combine(folder.FullName, path)).ReplaceLineEndings("\n");
            }
        }

        throw new DirectoryNotFoundException("The repository's root is not above the tests.");
    }
}
