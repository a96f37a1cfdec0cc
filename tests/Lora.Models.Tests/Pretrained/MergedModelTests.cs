using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

/// <summary>A merged folder must be the model with its adapter, for every family and kind of adapter, and lose nothing of its source.</summary>
public sealed class MergedModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    private string Source => Path.Combine(_folder, "source");

    private string Target => Path.Combine(_folder, "merged");

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string name in (string[])["llama3-scaled", "mistral", "qwen2", "qwen3", "gpt2", "bert", "roberta", "distilbert"])
            {
                foreach (string kind in (string[])["plain", "rslora", "dora", "patterns", "beside"])
                {
                    cases.Add(name, kind);
                }
            }

            return cases;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_merged_folder_gives_the_logits_of_the_model_with_its_adapter(string name, string kind)
    {
        ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
        double[] before = Logits(model, name);
        Adapt(model, kind);
        double[] adapted = Logits(model, name);
        Numbers.MaxDifference(adapted, before).ShouldBeGreaterThan(1e-2);

        // Mistral's weights are bfloat16, which would round what is merged.
        MergedModel.Save(model, TorchGolden.PathOf(name), Target, type: name == "mistral" ? SafetensorsType.Float32 : null);
        ILoraModel merged = PretrainedModel.Load(Target);
        merged.GetType().ShouldBe(model.GetType());
        merged.TrainableParameters.ShouldBeEmpty();
        Numbers.MaxDifference(Logits(merged, name), adapted).ShouldBeLessThanOrEqualTo(1e-5);
        Logits(model, name).ShouldBe(adapted);
        Directory.GetFileSystemEntries(_folder).ShouldBe([Target]);
    }

    [Fact]
    public void The_adapter_of_a_name_is_the_one_that_is_merged()
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf("gpt2"));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["c_attn"], AdapterName = "first" });
        Fill(model, 1);
        double[] first = Logits(model, "gpt2");
        model.ApplyLora(new LoraOptions { Rank = 3, TargetModules = ["c_fc"], AdapterName = "second" });
        Fill(model, 2);
        MergedModel.Save(model, TorchGolden.PathOf("gpt2"), Target, adapter: "first");
        Numbers.MaxDifference(Logits(PretrainedModel.Load(Target), "gpt2"), first).ShouldBeLessThanOrEqualTo(1e-5);
        model.Adapters.Active.ShouldBe("second");
        Should.Throw<ArgumentException>(() => MergedModel.Save(model, TorchGolden.PathOf("gpt2"), Path.Combine(_folder, "third"), adapter: "third"))
            .Message.ShouldContain("first, second");
    }

    [Fact]
    public void What_the_source_has_beside_is_kept_and_weights_and_adapters_are_not_copied()
    {
        Dictionary<string, Tensor> bare = Read("gpt2").ToDictionary(pair => pair.Key["transformer.".Length..], pair => pair.Value);
        bare.Add("h.0.attn.bias", Tensor.RandomNormal(3, 1, 1, 16, 16));
        bare.Add("lm_head.weight", bare["wte.weight"]);
        WriteSource("gpt2", bare);
        File.WriteAllText(Path.Combine(Source, "generation_config.json"), "{}");
        foreach (string file in (string[])["tokenizer.json", "tokenizer_config.json", "merges.txt", "tokenizer.model", "LICENSE"])
        {
            File.WriteAllText(Path.Combine(Source, file), file);
        }

        foreach (string file in (string[])["pytorch_model.bin", "adapter_config.json", "README.md", "model.gguf", "model.safetensors.index.json"])
        {
            File.WriteAllText(Path.Combine(Source, file), file);
        }

        ICausalLanguageModel model = CausalLanguageModel.Load(Source);
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["c_proj"], ModulesToSave = ["wte"] });
        Fill(model, 4);
        double[] adapted = Logits(model, "gpt2");
        MergedModel.Save(model, Source, Target);
        Numbers.MaxDifference(Logits(PretrainedModel.Load(Target), "gpt2"), adapted).ShouldBeLessThanOrEqualTo(1e-5);
        Dictionary<string, (int[] Shape, double[] Values)> written = PlainSafetensors.Read(Path.Combine(Target, "model.safetensors"));
        written.Keys.ShouldBe(PlainSafetensors.Read(Path.Combine(Source, "model.safetensors")).Keys);
        written["h.0.attn.bias"].Values.ShouldBe(bare["h.0.attn.bias"].Span.ToDoubles());
        written["lm_head.weight"].Values.ShouldBe(written["wte.weight"].Values);
        written["wte.weight"].Values.ShouldNotBe(bare["wte.weight"].Span.ToDoubles());
        written["h.0.attn.c_attn.weight"].Values.ShouldBe(bare["h.0.attn.c_attn.weight"].Span.ToDoubles());
        Directory.GetFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(
            ["LICENSE", "config.json", "generation_config.json", "merges.txt", "model.safetensors", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"]);
        File.ReadAllBytes(Path.Combine(Target, "config.json")).ShouldBe(File.ReadAllBytes(Path.Combine(Source, "config.json")));
    }

    [Fact]
    public void A_new_head_comes_with_its_classes_and_the_body_gets_its_full_names()
    {
        Dictionary<string, Tensor> body = Read("bert").Where(pair => pair.Key.StartsWith("bert.", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key["bert.".Length..], pair => pair.Value);
        WriteSource("bert", body, config => config["architectures"] = new JsonArray("BertModel"));
        ISequenceClassifier model = SequenceClassifier.Load(Source, classes: 4);
        model.ApplyLora(new LoraOptions { Rank = 2, TargetMatching = TargetMatching.AllLinear, ModulesToSave = ["classifier"] });
        Fill(model, 5);
        MergedModel.Save(model, Source, Target);
        ISequenceClassifier merged = SequenceClassifier.Load(Target);
        merged.Labels.ShouldBe(model.Labels);
        Numbers.MaxDifference(Logits(merged, "bert"), Logits(model, "bert")).ShouldBeLessThanOrEqualTo(1e-5);
        JsonElement config = Reference.ReadJson(Path.Combine(Target, "config.json"));
        config.GetProperty("architectures")[0].GetString().ShouldBe("BertForSequenceClassification");
        config.GetProperty("label2id").GetProperty("LABEL_3").GetInt32().ShouldBe(3);
        PlainSafetensors.Read(Path.Combine(Target, "model.safetensors")).Keys.Order().ShouldBe(model.StateDict().Keys.Order());
    }

    [Theory]
    [InlineData(SafetensorsType.Float32, "F32", "float32")]
    [InlineData(SafetensorsType.BFloat16, "BF16", "bfloat16")]
    public void The_type_may_be_chosen(SafetensorsType type, string dataType, string configured)
    {
        ILoraModel model = Adapted("qwen2");
        MergedModel.Save(model, TorchGolden.PathOf("qwen2"), Target, type: type);
        using SafetensorsFolder folder = SafetensorsFolder.Open(Target);
        folder.Entries.Values.ShouldAllBe(entry => entry.DataType == dataType);
        Reference.ReadJson(Path.Combine(Target, "config.json")).GetProperty("torch_dtype").GetString().ShouldBe(configured);
        Numbers.RelativeDistance(Logits(PretrainedModel.Load(Target), "qwen2"), Logits(model, "qwen2")).ShouldBeLessThan(type == SafetensorsType.Float32 ? 1e-6 : 3e-2);
    }

    [Fact]
    public void Each_weight_keeps_the_type_that_it_has_in_the_source()
    {
        WriteSource("qwen2", Read("qwen2"), type: SafetensorsType.BFloat16);
        ICausalLanguageModel model = CausalLanguageModel.Load(Source);
        model.ApplyLora(new LoraOptions { Rank = 2 });
        Fill(model, 6);
        MergedModel.Save(model, Source, Target);
        Dictionary<string, (int[] Shape, double[] Values)> before = PlainSafetensors.Read(Path.Combine(Source, "model.safetensors"));
        Dictionary<string, (int[] Shape, double[] Values)> after = PlainSafetensors.Read(Path.Combine(Target, "model.safetensors"));
        using SafetensorsFolder folder = SafetensorsFolder.Open(Target);
        folder.Entries.Values.ShouldAllBe(entry => entry.DataType == "BF16");
        foreach (string name in before.Keys)
        {
            bool isAdapted = name.Contains("q_proj.weight", StringComparison.Ordinal) || name.Contains("v_proj.weight", StringComparison.Ordinal);
            after[name].Values.SequenceEqual(before[name].Values).ShouldBe(!isAdapted, name);
        }
    }

    [Fact]
    public void Large_models_are_written_in_shards_with_an_index()
    {
        ILoraModel model = Adapted("gpt2");
        MergedModel.Save(model, TorchGolden.PathOf("gpt2"), Target, maxShardBytes: 4000);
        string[] shards = [.. Directory.GetFiles(Target, "*.safetensors").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        shards.Length.ShouldBeGreaterThan(3);
        shards[0].ShouldBe($"model-00001-of-{shards.Length:D5}.safetensors");
        Dictionary<string, (int[] Shape, double[] Values)>[] parts = [.. shards.Select(shard => PlainSafetensors.Read(Path.Combine(Target, shard)))];
        parts.ShouldAllBe(part => part.Count == 1 || part.Values.Sum(tensor => 4 * tensor.Values.Length) <= 4000);
        JsonElement index = Reference.ReadJson(Path.Combine(Target, "model.safetensors.index.json"));
        index.GetProperty("metadata").GetProperty("total_size").GetInt64().ShouldBe(parts.Sum(part => part.Values.Sum(tensor => 4L * tensor.Values.Length)));
        for (int i = 0; i < shards.Length; i++)
        {
            parts[i].Keys.ShouldAllBe(name => index.GetProperty("weight_map").GetProperty(name).GetString() == shards[i]);
        }

        Numbers.MaxDifference(Logits(PretrainedModel.Load(Target), "gpt2"), Logits(model, "gpt2")).ShouldBeLessThanOrEqualTo(1e-5);
    }

    [Fact]
    public void Nothing_is_written_over_anything()
    {
        WriteSource("gpt2", Read("gpt2"));
        ICausalLanguageModel model = CausalLanguageModel.Load(Source);
        Should.Throw<InvalidOperationException>(() => MergedModel.Save(model, Source, Target)).Message.ShouldContain("no adapter");
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["c_attn"] });
        byte[] before = File.ReadAllBytes(Path.Combine(Source, "model.safetensors"));
        Should.Throw<IOException>(() => MergedModel.Save(model, Source, Source + Path.DirectorySeparatorChar)).Message.ShouldContain("over its source");
        File.ReadAllBytes(Path.Combine(Source, "model.safetensors")).ShouldBe(before);
        Directory.CreateDirectory(Target);
        MergedModel.Save(model, Source, Target);
        Should.Throw<IOException>(() => MergedModel.Save(model, Source, Target)).Message.ShouldContain("already");
        Should.Throw<ArgumentException>(() => MergedModel.Save(model, TorchGolden.PathOf("qwen2"), Path.Combine(_folder, "other"))).Message.ShouldContain("Gpt2LMHeadModel");
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => MergedModel.Save(model, Source, Path.Combine(_folder, "other"))).Message.ShouldContain("UnmergeAdapters");
        Directory.GetFileSystemEntries(_folder).Order().ShouldBe([Target, Source]);
    }

    [Fact]
    public void What_fails_half_way_leaves_nothing()
    {
        WriteSource("gpt2", Read("gpt2"));
        ICausalLanguageModel model = CausalLanguageModel.Load(Source);
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["c_attn"] });
        byte[] whole = File.ReadAllBytes(Path.Combine(Source, "model.safetensors"));
        File.WriteAllBytes(Path.Combine(Source, "model.safetensors"), whole[..^5]);
        Should.Throw<SafetensorsException>(() => MergedModel.Save(model, Source, Target));
        Directory.GetFileSystemEntries(_folder).ShouldBe([Source]);
        Dictionary<string, Tensor> fewer = Read("gpt2");
        fewer.Remove("transformer.ln_f.bias");
        WriteSource("gpt2", fewer);
        Should.Throw<ArgumentException>(() => MergedModel.Save(model, Source, Target)).Message.ShouldContain("transformer.ln_f.bias");
        Directory.GetFileSystemEntries(_folder).ShouldBe([Source]);
    }

    [Fact]
    public void An_adapter_of_an_embedding_that_is_the_head_too_is_refused()
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf("gpt2"));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["wte"] });
        Should.Throw<InvalidOperationException>(() => MergedModel.Save(model, TorchGolden.PathOf("gpt2"), Target)).Message.ShouldContain("the head too");
        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    private static Dictionary<string, Tensor> Read(string name)
    {
        using SafetensorsFolder folder = SafetensorsFolder.Open(TorchGolden.PathOf(name));
        return folder.Entries.Keys.ToDictionary(key => key, folder.Read);
    }

    private static ILoraModel Adapted(string name)
    {
        ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
        Adapt(model, "plain");
        return model;
    }

    private static void Adapt(ILoraModel model, string kind)
    {
        string first = model.NamedLinears()[0].Path;
        var options = new LoraOptions { Rank = 2, Alpha = 3, TargetMatching = TargetMatching.AllLinear };
        model.ApplyLora(kind switch
        {
            "rslora" => options with { UseRsLora = true },
            "dora" => options with { UseDora = true },
            "patterns" => options with
            {
                RankPattern = new Dictionary<string, int> { [first] = 1 },
                AlphaPattern = new Dictionary<string, float> { [first] = 5 },
            },
            "beside" => options with { Bias = LoraBias.All, ModulesToSave = [model is ISequenceClassifier ? "classifier" : first] },
            _ => options,
        });
        Fill(model, 7);
    }

    // Adapters that change something, and other values of what is trained in full.
    private static void Fill(ILoraModel model, ulong seed)
    {
        foreach (Parameter parameter in model.TrainableParameters)
        {
            ReadOnlySpan<float> drawn = Tensor.RandomNormal(seed++, parameter.Shape).Span;
            for (int i = 0; i < drawn.Length; i++)
            {
                parameter.Span[i] += 0.2f * drawn[i];
            }
        }
    }

    private static double[] Logits(ILoraModel model, string name)
    {
        var golden = new TorchGolden(name);
        int[] tokens = golden.Ints("tokens");
        Tensor logits = model is ISequenceClassifier classifier
            ? classifier.Forward(tokens, golden.Ints("mask"), golden.Ints("types"), golden.Batch)
            : ((ICausalLanguageModel)model).Forward(tokens, golden.Batch);
        return logits.Span.ToDoubles();
    }

    private void WriteSource(string name, Dictionary<string, Tensor> state, Action<JsonNode>? change = null, SafetensorsType type = SafetensorsType.Float32)
    {
        Directory.CreateDirectory(Source);
        SafetensorsFile.Write(Path.Combine(Source, "model.safetensors"), state.Select(pair => (pair.Key, pair.Value)), type: type);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(TorchGolden.PathOf(name), "config.json")))!;
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(Source, "config.json"), config.ToJsonString());
    }
}
