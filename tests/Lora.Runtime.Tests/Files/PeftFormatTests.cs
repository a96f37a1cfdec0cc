using System.Text.Json.Nodes;

namespace Lora.Tests.Files;

/// <summary>The rules of PEFT's files, one by one: names, shapes, types, and the keys of the configuration.</summary>
public sealed class PeftFormatTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Chosen => new()
    {
        // A list: the path is an entry, or ends with a dot and it.
        { """{"target_modules":["q_proj"]}""", "m.layers.0.q_proj m.layers.1.q_proj m.layers.2.q_proj" },
        { """{"target_modules":["layers.1.q_proj","head"]}""", "m.layers.1.q_proj head" },

        // A string is a pattern for the whole path.
        { """{"target_modules":".*\\.[01]\\.(q|v)_proj"}""", "m.layers.0.q_proj m.layers.0.v_proj m.layers.1.q_proj m.layers.1.v_proj" },

        // What excludes goes by the same rules, and before.
        { """{"target_modules":["q_proj","head"],"exclude_modules":["layers.1.q_proj"]}""", "m.layers.0.q_proj m.layers.2.q_proj head" },
        { """{"target_modules":["q_proj"],"exclude_modules":".*\\.[12]\\..*"}""", "m.layers.0.q_proj" },

        // Layers by number, for lists alone.
        { """{"target_modules":["q_proj"],"layers_to_transform":[0,2]}""", "m.layers.0.q_proj m.layers.2.q_proj" },
        { """{"target_modules":["q_proj"],"layers_to_transform":1,"layers_pattern":"layers"}""", "m.layers.1.q_proj" },
        { """{"target_modules":["q_proj"],"layers_to_transform":[1,2],"layers_pattern":["blocks","l[a-z]+s"]}""", "m.layers.1.q_proj m.layers.2.q_proj" },
        { """{"target_modules":["q_proj"],"layers_to_transform":[0],"layers_pattern":[]}""", "m.layers.0.q_proj" },
        { """{"target_modules":["q_proj"],"layers_to_transform":[0],"layers_pattern":""}""", "m.layers.0.q_proj" },

        // A whole path is meant whatever its number is.
        { """{"target_modules":["v_proj","m.layers.2.q_proj"],"layers_to_transform":[0]}""", "m.layers.0.v_proj m.layers.2.q_proj" },
        { """{"target_modules":["q_proj"],"layers_to_transform":[]}""", "m.layers.0.q_proj m.layers.1.q_proj m.layers.2.q_proj" },
        { """{"target_modules":".*q_proj","layers_to_transform":[1]}""", "m.layers.0.q_proj m.layers.1.q_proj m.layers.2.q_proj" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Targets_choose_layers_as_in_PEFT(string config, string paths)
    {
        string[] chosen = paths.Split(' ');
        WriteFor(config, chosen);
        PeftAdapter.Load(Model(), _folder.Path).ShouldBe(chosen);

        // Every layer that is chosen must be there, and no other.
        WriteFor(config, chosen[1..]);
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Message.ShouldContain("missing: base_model.model." + chosen[0]);
        string other = Model().NamedLinears().Select(named => named.Path).First(path => !chosen.Contains(path));
        WriteFor(config, [.. chosen, other]);
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Message.ShouldContain("extra: base_model.model." + other);
    }

    /// <summary>PEFT's pattern takes as much as it can before the number: the last one between two dots counts, such as an expert's.</summary>
    [Theory]
    [InlineData("null", "m.layers.0.experts.1.w m.layers.1.experts.1.w")]
    [InlineData("\"layers\"", "m.layers.1.experts.0.w m.layers.1.experts.1.w")]
    public void Of_several_numbers_in_a_path_the_last_counts(string pattern, string paths)
    {
        LayersModel Model() => new([.. from layer in new[] { 0, 1 } from expert in new[] { 0, 1 } select ($"m.layers.{layer}.experts.{expert}.w", (Layer)new Linear(6, 5))]);
        string[] chosen = paths.Split(' ');
        _folder.WriteAdapter(
            $$"""{"target_modules":["w"],"layers_to_transform":[1],"layers_pattern":{{pattern}}}""",
            null,
            [.. chosen.SelectMany(path => new[] { ($"base_model.model.{path}.lora_A.weight", Tensor.Zeros(8, 6)), ($"base_model.model.{path}.lora_B.weight", Tensor.Zeros(5, 8)) })]);
        PeftAdapter.Load(Model(), _folder.Path).ShouldBe(chosen);
    }

    [Theory]
    [InlineData("all-linear")]
    [InlineData("All-Linear")]
    public void The_shorthand_for_all_linear_layers_leaves_heads_to_the_file(string target)
    {
        WriteFor($$"""{"target_modules":"{{target}}"}""", ["m.layers.0.q_proj", "m.layers.1.v_proj"]);
        PeftAdapter.Load(Model(), _folder.Path).ShouldBe(["m.layers.0.q_proj", "m.layers.1.v_proj"]);
    }

    [Fact]
    public void Every_key_is_written_sorted_and_no_other()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], Dropout = 0.05f, UseRsLora = true, UseDora = true, Init = LoraInit.Gaussian });
        PeftAdapter.Save(model, _folder.Path);
        Config().AsObject().Select(pair => pair.Key).ShouldBe(
        [
            "alpha_pattern", "base_model_name_or_path", "bias", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_lora_weights", "lora_alpha",
            "lora_dropout", "modules_to_save", "peft_type", "peft_version", "r", "rank_pattern", "revision", "target_modules", "task_type", "use_dora", "use_rslora",
        ]);
        Config()["lora_dropout"]!.ToJsonString().ShouldBe("0.05");
        Config()["init_lora_weights"]!.ToJsonString().ShouldBe("\"gaussian\"");
        Config()["use_dora"]!.ToJsonString().ShouldBe("true");
        Config()["use_rslora"]!.ToJsonString().ShouldBe("true");
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        SettingsOf(again, "m.layers.0.q_proj").ShouldBe(SettingsOf(model, "m.layers.0.q_proj"));
    }

    [Fact]
    public void Magnitudes_have_no_weight_in_their_names_and_one_entry_for_each_feature()
    {
        var model = new LayersModel(("embed", new Embedding(9, 6)), ("proj", new Linear(6, 4)));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["embed", "proj"], UseDora = true });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path);
        Entries().ShouldBe(
        [
            "base_model.model.embed.lora_embedding_A F32 [2, 9]", "base_model.model.embed.lora_embedding_B F32 [6, 2]",
            "base_model.model.embed.lora_magnitude_vector F32 [6]", "base_model.model.proj.lora_A.weight F32 [2, 6]",
            "base_model.model.proj.lora_B.weight F32 [4, 2]", "base_model.model.proj.lora_magnitude_vector F32 [4]",
        ]);
        var again = new LayersModel(("embed", new Embedding(9, 6)), ("proj", new Linear(6, 4)));
        PeftAdapter.Load(again, _folder.Path);
        ShouldHaveTheSame(again, model);
    }

    [Fact]
    public void Other_ranks_and_alphas_are_written_so_that_no_order_matters()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions
        {
            Rank = 2,
            Alpha = 4,
            TargetModules = ["q_proj", "v_proj"],
            RankPattern = new Dictionary<string, int> { ["v_proj"] = 3, [@"^m\.layers\.1\.q_proj"] = 1 },
            AlphaPattern = new Dictionary<string, float> { ["layers.2.q_proj"] = 7.5f },
        });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path);
        JsonNode config = Config();
        config["r"]!.GetValue<int>().ShouldBe(3);
        config["lora_alpha"]!.GetValue<int>().ShouldBe(4);
        config["rank_pattern"]!.ToJsonString().ShouldBe(
            """{"^m\\.layers\\.0\\.q_proj":2,"^m\\.layers\\.1\\.q_proj":1,"^m\\.layers\\.2\\.q_proj":2}""");
        config["alpha_pattern"]!.ToJsonString().ShouldBe("""{"^m\\.layers\\.2\\.q_proj":7.5}""");
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        ShouldHaveTheSame(again, model);
        foreach (string path in model.NamedLinears().Select(named => named.Path).Where(path => path.StartsWith("m.", StringComparison.Ordinal)))
        {
            SettingsOf(again, path).ShouldBe(SettingsOf(model, path));
        }
    }

    [Fact]
    public void A_rank_that_all_layers_of_a_name_have_is_one_key()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["_proj"], RankPattern = new Dictionary<string, int> { ["head_proj"] = 3 } });
        PeftAdapter.Save(model, _folder.Path);
        Config()["rank_pattern"]!.ToJsonString().ShouldBe("""{"head_proj":3}""");
    }

    [Fact]
    public void Layers_trained_in_full_stand_under_their_plain_names()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], ModulesToSave = ["head", "norm"] });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path);
        Config()["modules_to_save"]!.ToJsonString().ShouldBe("""["head","norm"]""");
        Entries().Where(entry => !entry.Contains("lora_")).ShouldBe(
        [
            "base_model.model.norm.weight F32 [6]", "base_model.model.norm.bias F32 [6]", "base_model.model.head.weight F32 [3, 6]",
            "base_model.model.head.bias F32 [3]",
        ]);
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        ShouldHaveTheSame(again, model);
        again.TrainableParameters.Select(parameter => parameter.Name).ShouldContain("head.bias");
    }

    [Fact]
    public void A_name_of_modules_to_save_may_mean_a_module_or_nothing()
    {
        LayersModel Model() => new(("proj", new Linear(4, 4)), ("classifier.dense", new Linear(4, 4)), ("classifier.out", new Linear(4, 2)));
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["proj"], ModulesToSave = ["classifier"] });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path);
        Config()["modules_to_save"]!.ToJsonString().ShouldBe("""["dense","out"]""");

        // As PEFT has it for every sequence classifier.
        SetConfig("modules_to_save", """["classifier","score"]""");
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path).ShouldBe(["proj"]);
        ShouldHaveTheSame(again, model);
    }

    [Fact]
    public void A_layer_whose_end_PEFT_would_take_for_another_cannot_be_saved_alone()
    {
        var model = new LayersModel(("proj", new Linear(4, 4)), ("head", new Linear(4, 4)), ("lm_head", new Linear(4, 4)));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["proj"], ModulesToSave = ["head"] });
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("'head' is trained in full");
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(LoraBias.LoraOnly, "lora_only", "m.layers.0.q_proj.base_layer m.layers.1.q_proj.base_layer m.layers.2.q_proj.base_layer")]
    [InlineData(
        LoraBias.All,
        "all",
        "m.layers.0.q_proj.base_layer m.layers.0.v_proj m.layers.1.q_proj.base_layer m.layers.1.v_proj m.layers.2.q_proj.base_layer m.layers.2.v_proj head_proj norm head")]
    public void Trained_biases_stand_in_the_base_layer_of_what_is_adapted(LoraBias bias, string name, string paths)
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], Bias = bias });
        model.TrainableParameters.Count(parameter => parameter.Name.EndsWith(".bias", StringComparison.Ordinal)).ShouldBe(paths.Split(' ').Length);
        Fill(model);
        PeftAdapter.Save(model, _folder.Path);
        Config()["bias"]!.GetValue<string>().ShouldBe(name);
        using (SafetensorsFile file = SafetensorsFile.Open(_folder[PeftFolder.WeightsName]))
        {
            file.Entries.Keys.Where(key => !key.Contains("lora_")).ShouldBe(paths.Split(' ').Select(path => $"base_model.model.{path}.bias"));
        }

        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        ShouldHaveTheSame(again, model);
    }

    [Fact]
    public void Biases_that_are_neither_the_adapters_nor_all_cannot_be_told()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], Bias = LoraBias.LoraOnly });
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["v_proj"] });
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("neither those of the adapter 'default' nor all");
    }

    [Fact]
    public void The_table_that_PEFT_writes_with_an_adapted_embedding_is_read()
    {
        Tensor table = Tensor.RandomNormal(5, 9, 6);
        _folder.WriteAdapter(
            """{"r":2}""",
            """["embed_tokens"]""",
            ("base_model.model.embed_tokens.lora_embedding_A", Tensor.Zeros(2, 9)), ("base_model.model.embed_tokens.lora_embedding_B", Tensor.Zeros(6, 2)),
            ("base_model.model.embed_tokens.base_layer.weight", table), ("base_model.model.lm_head.weight", Tensor.Full(1, 3, 6)));
        var embedding = new Embedding(9, 6);
        var head = new Linear(6, 3);
        PeftAdapter.Load(new LayersModel(("embed_tokens", embedding), ("lm_head", head)), _folder.Path);
        embedding.Weights[0].ToTensor().Span.ToArray().ShouldBe(table.Span.ToArray());
        head.Weights[0].ToTensor().Span.ToArray().ShouldAllBe(value => value == 1);
        embedding.IsFrozen.ShouldBeTrue();
    }

    [Fact]
    public void Weights_beside_which_another_adapter_was_not_trained_are_refused()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], Bias = LoraBias.LoraOnly });
        PeftAdapter.Save(model, _folder.Path);
        LayersModel fresh = Model();
        fresh.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], AdapterName = "first" });
        PeftAdapter.Load(fresh, _folder.Path, adapter: "second");
        PeftAdapter.Load(fresh, _folder.Path, adapter: "second");
        LayersModel trained = Model();
        PeftAdapter.Load(trained, _folder.Path, adapter: "first");
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(trained, _folder.Path, adapter: "second")).Message.ShouldContain("'first'");
        trained.Adapters.Names.ShouldBe(["first"]);
    }

    [Fact]
    public void Every_float_type_is_read_and_two_are_written()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["head_proj"] });
        PeftAdapter.Save(model, _folder.Path, type: SafetensorsType.BFloat16);
        Entries().ShouldBe(["base_model.model.head_proj.lora_A.weight BF16 [2, 6]", "base_model.model.head_proj.lora_B.weight BF16 [3, 2]"]);
        PeftAdapter.Load(Model(), _folder.Path);
        byte[] half = new byte[2 * (12 + 6)];
        BitConverter.GetBytes((Half)1.5f).CopyTo(half, 0);
        File.WriteAllBytes(_folder[PeftFolder.WeightsName], SafetensorsBytes.Make(
            """
            {"base_model.model.head_proj.lora_A.weight":{"dtype":"F16","shape":[2,6],"data_offsets":[0,24]},
             "base_model.model.head_proj.lora_B.weight":{"dtype":"F16","shape":[3,2],"data_offsets":[24,36]}}
            """,
            half));
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        again.TrainableParameters[0].Span[0].ShouldBe(1.5f);
        File.WriteAllBytes(_folder[PeftFolder.WeightsName], SafetensorsBytes.Make(
            """
            {"base_model.model.head_proj.lora_A.weight":{"dtype":"I16","shape":[2,6],"data_offsets":[0,24]},
             "base_model.model.head_proj.lora_B.weight":{"dtype":"F16","shape":[3,2],"data_offsets":[24,36]}}
            """,
            half));
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(again, _folder.Path)).Faults
            .ShouldBe(["type: base_model.model.head_proj.lora_A.weight is I16, which is no float type"]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Numbers_that_are_not_finite_are_refused(float value)
    {
        Tensor a = Tensor.Zeros(2, 4);
        a.Span[5] = value;
        _folder.WriteAdapter("""{"r":2}""", """["proj"]""", ("base_model.model.proj.lora_A.weight", a), ("base_model.model.proj.lora_B.weight", Tensor.Zeros(2, 2)));
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(new LayersModel(("proj", new Linear(4, 2))), _folder.Path)).Faults
            .ShouldBe(["numbers: base_model.model.proj.lora_A.weight holds some that are not finite"]);
    }

    [Fact]
    public void An_adapter_of_another_name_has_a_folder_of_its_own()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"] });
        model.ApplyLora(new LoraOptions { Rank = 3, TargetModules = ["v_proj"], AdapterName = "poet" });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path, adapter: "default");
        PeftAdapter.Save(model, _folder.Path, adapter: "poet");
        Config()["r"]!.GetValue<int>().ShouldBe(2);
        File.Exists(_folder[Path.Combine("poet", PeftFolder.WeightsName)]).ShouldBeTrue();
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        PeftAdapter.Load(again, _folder.Path, adapter: "poet").ShouldBe(["m.layers.0.v_proj", "m.layers.1.v_proj", "m.layers.2.v_proj"]);
        again.Adapters.Names.ShouldBe(["default", "poet"]);
        again.Adapters.Active.ShouldBe("poet");
        ShouldHaveTheSame(again, model);

        // The active one goes where it is told to, whatever its name, and is read from there under any name.
        PeftAdapter.Save(model, _folder["elsewhere"]);
        PeftAdapter.Load(again, _folder["elsewhere"], adapter: "third");
        again.Adapters.Names.ShouldBe(["default", "third", "poet"], ignoreOrder: true);
        Should.Throw<ArgumentException>(() => PeftAdapter.Save(model, _folder.Path, adapter: "nobody")).Message.ShouldContain("default, poet");
        Should.Throw<ArgumentException>(() => PeftAdapter.Load(again, _folder.Path, adapter: "../poet"));
        model.Adapters.Disable();
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("No adapter is active");
    }

    [Fact]
    public void What_the_file_says_of_the_base_model_is_kept()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"] });
        PeftAdapter.Save(model, _folder.Path, baseModel: "gpt2", taskType: "CAUSAL_LM", fanInFanOut: true);
        LayersModel again = Model();
        PeftAdapter.Load(again, _folder.Path);
        PeftAdapter.Save(again, _folder["again"]);
        File.ReadAllText(_folder[Path.Combine("again", PeftFolder.ConfigName)]).ShouldBe(File.ReadAllText(_folder[PeftFolder.ConfigName]));
        Config()["fan_in_fan_out"]!.GetValue<bool>().ShouldBeTrue();
        Config()["base_model_name_or_path"]!.GetValue<string>().ShouldBe("gpt2");
    }

    [Fact]
    public void A_rank_above_the_layers_dimensions_is_read_as_it_is()
    {
        _folder.WriteAdapter("""{"r":6}""", """["proj"]""", ("base_model.model.proj.lora_A.weight", Tensor.Zeros(6, 4)), ("base_model.model.proj.lora_B.weight", Tensor.Zeros(2, 6)));
        var model = new LayersModel(("proj", new Linear(4, 2)));
        PeftAdapter.Load(model, _folder.Path);
        model.TrainableParameters[0].Shape.ToArray().ShouldBe([4, 6]);
    }

    private static LayersModel Model() => new(
    [
        .. Enumerable.Range(0, 3).SelectMany(layer => new (string, Layer)[]
        {
            ($"m.layers.{layer}.q_proj", new Linear(6, 5)),
            ($"m.layers.{layer}.v_proj", new Linear(6, 4)),
        }),
        ("head_proj", new Linear(6, 3)),
        ("norm", new LayerNorm(6)),
        ("head", new Linear(6, 3)),
    ]);

    private static LoraSettings SettingsOf(LayersModel model, string path) => model.NamedLinears().Single(named => named.Path == path).Linear.Adapter!.Settings;

    private static void Fill(LayersModel model)
    {
        ulong seed = 1;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }
    }

    private static void ShouldHaveTheSame(LayersModel actual, LayersModel expected)
    {
        actual.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(expected.TrainableParameters.Select(parameter => parameter.Name));
        foreach ((Parameter first, Parameter second) in actual.TrainableParameters.Zip(expected.TrainableParameters))
        {
            first.Span.ToArray().ShouldBe(second.Span.ToArray(), first.Name);
        }
    }

    private void WriteFor(string config, string[] paths)
    {
        Dictionary<string, Linear> linears = Model().NamedLinears().ToDictionary(named => named.Path, named => named.Linear);
        _folder.WriteAdapter(config, null,
        [
            .. paths.SelectMany(path => new (string, Tensor)[]
            {
                ($"base_model.model.{path}.lora_A.weight", Tensor.Zeros(8, 6)),
                ($"base_model.model.{path}.lora_B.weight", Tensor.Zeros(linears[path].OutFeatures, 8)),
            }),
        ]);
    }

    private JsonNode Config() => JsonNode.Parse(File.ReadAllText(_folder[PeftFolder.ConfigName]))!;

    private void SetConfig(string key, string value)
    {
        JsonNode config = Config();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder[PeftFolder.ConfigName], config.ToJsonString());
    }

    private string[] Entries()
    {
        using SafetensorsFile file = SafetensorsFile.Open(_folder[PeftFolder.WeightsName]);
        return [.. file.Entries.Values.Select(entry => entry.ToString())];
    }
}
