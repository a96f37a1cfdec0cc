using System.Text.Json.Nodes;

namespace Lora.Tests.Files;

public sealed class PeftAdapterTests : IDisposable
{
    private const string ConfigName = "adapter_config.json";
    private const string WeightsName = "adapter_model.safetensors";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, string> Unsupported => new()
    {
        { "bias", "\"some\"", "bias is \"some\"" },
        { "lora_bias", "true", "lora_bias is true" },
        { "use_qalora", "true", "use_qalora is true" },
        { "use_bdlora", "{\"nblocks\":2}", "use_bdlora is" },
        { "use_something_new", "true", "use_something_new is true" },
        { "something_new_config", "{\"scale\":1}", "something_new_config is" },
        { "layer_replication", "[[0,1]]", "layer_replication is" },
        { "trainable_token_indices", "[1]", "trainable_token_indices is" },
        { "alora_invocation_tokens", "[1]", "alora_invocation_tokens is" },
        { "invocation_string", "\"<|assistant|>\"", "invocation_string is" },
        { "target_parameters", "[\"x\"]", "target_parameters is" },
        { "loftq_config", "{\"loftq_bits\":4}", "loftq_config is" },
        { "ensure_weight_tying", "true", "ensure_weight_tying is true" },
        { "init_lora_weights", "\"pissa\"", "init_lora_weights is \"pissa\"" },
        { "init_lora_weights", "\"pissa_niter_4\"", "init_lora_weights is" },
        { "init_lora_weights", "\"olora\"", "init_lora_weights is" },
        { "init_lora_weights", "\"mica\"", "init_lora_weights is" },
        { "rank_pattern", "{\"q_proj\":0}", "rank_pattern has 0 for 'q_proj'" },
        { "rank_pattern", "{\"(\":4}", "no regular expression" },
        { "rank_pattern", "[4]", "rank_pattern is [4], not an object" },
        { "alpha_pattern", "{\"q_proj\":\"4\"}", "alpha_pattern has \"4\"" },
        { "modules_to_save", "\"head\"", "modules_to_save is \"head\"" },
        { "exclude_modules", "\"(\"", "no regular expression" },
        { "exclude_modules", "7", "exclude_modules is 7" },
        { "layers_to_transform", "\"1\"", "layers_to_transform is" },
        { "layers_pattern", "[1]", "layers_pattern is" },
        { "layers_pattern", "\"(\"", "layers_pattern has '(', which is no regular expression" },
        { "lora_dropout", "1", "lora_dropout is 1" },
        { "fan_in_fan_out", "\"no\"", "fan_in_fan_out is" },
        { "use_dora", "1", "use_dora is 1" },
        { "task_type", "1", "task_type is 1" },
        { "peft_type", "\"IA3\"", "peft_type is \"IA3\"" },
        { "r", "0", "r is 0" },
        { "r", "2.5", "r is 2.5" },
        { "r", "\"8\"", "r is \"8\"" },
        { "lora_alpha", "-1", "lora_alpha is -1" },
        { "lora_alpha", "null", "lora_alpha is null" },
        { "use_rslora", "1", "use_rslora is 1" },
        { "target_modules", "7", "target_modules is 7" },
        { "target_modules", "\"(\"", "no regular expression" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_saved_is_loaded_with_the_same_bits(bool useRsLora)
    {
        LayersModel first = Model();
        first.ApplyLora(new LoraOptions { Rank = 3, Alpha = 5, TargetModules = ["q_proj", "embed"], UseRsLora = useRsLora });
        Fill(first);
        PeftAdapter.Save(first, _folder.Path);

        LayersModel second = Model();
        PeftAdapter.Load(second, _folder.Path).ShouldBe(["embed", "layers.0.q_proj", "layers.1.q_proj"]);
        second.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(first.TrainableParameters.Select(parameter => parameter.Name));
        foreach ((Parameter expected, Parameter actual) in first.TrainableParameters.Zip(second.TrainableParameters))
        {
            actual.Shape.ToArray().ShouldBe(expected.Shape.ToArray());
            actual.Span.ToArray().ShouldBe(expected.Span.ToArray());
        }

        Linear(second, "layers.0.q_proj").Adapter!.Scaling.ShouldBe(useRsLora ? 5 / MathF.Sqrt(3) : 5f / 3);
        Tensor x = Tensor.RandomNormal(3, 2, 6);
        Linear(second, "layers.0.q_proj").Forward(x).Span.ToArray().ShouldNotBe(Linear(second, "layers.0.q_proj").ForwardFrozen(x).Span.ToArray());
    }

    [Fact]
    public void The_files_are_as_PEFT_wants_them()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 4, TargetModules = ["q_proj", "embed"] });
        Fill(model);
        PeftAdapter.Save(model, _folder.Path, baseModel: "base", taskType: "CAUSAL_LM");
        using SafetensorsFile file = SafetensorsFile.Open(_folder[WeightsName]);
        file.Metadata["format"].ShouldBe("pt");
        file.Entries.Values.Select(entry => entry.ToString()).ShouldBe(
        [
            "base_model.model.embed.lora_embedding_A F32 [2, 11]",
            "base_model.model.embed.lora_embedding_B F32 [6, 2]",
            "base_model.model.layers.0.q_proj.lora_A.weight F32 [2, 6]",
            "base_model.model.layers.0.q_proj.lora_B.weight F32 [8, 2]",
            "base_model.model.layers.1.q_proj.lora_A.weight F32 [2, 6]",
            "base_model.model.layers.1.q_proj.lora_B.weight F32 [8, 2]",
        ]);
        LoraAdapter adapter = Linear(model, "layers.1.q_proj").Adapter!;
        Tensor a = file.Read("base_model.model.layers.1.q_proj.lora_A.weight");
        Tensor b = file.Read("base_model.model.layers.1.q_proj.lora_B.weight");
        a[1, 4].ShouldBe(adapter.A.Value[4, 1]);
        b[7, 0].ShouldBe(adapter.B.Value[0, 7]);

        JsonNode.DeepEquals(
            JsonNode.Parse(File.ReadAllText(_folder[ConfigName])),
            JsonNode.Parse(
                """
                {"alpha_pattern":{},"base_model_name_or_path":"base","bias":"none","exclude_modules":null,"fan_in_fan_out":false,"inference_mode":true,
                 "init_lora_weights":true,"lora_alpha":4,"lora_dropout":0,"modules_to_save":null,"peft_type":"LORA","peft_version":"0.20.0","r":2,"rank_pattern":{},
                 "revision":null,"target_modules":["embed","q_proj"],"task_type":"CAUSAL_LM","use_dora":false,"use_rslora":false}
                """)).ShouldBeTrue();
    }

    [Fact]
    public void Targets_mean_the_adapted_layers_and_no_other()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layers.1.q_proj", "v_proj"] });
        PeftAdapter.Save(model, _folder.Path);
        Config()["target_modules"]!.ToJsonString().ShouldBe("""["layers.1.q_proj","v_proj"]""");

        var nested = new LayersModel(("q_proj", new Linear(4, 4)), ("inner.q_proj", new Linear(4, 4)));
        nested.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"], TargetMatching = TargetMatching.Regex });
        PeftAdapter.Save(nested, _folder.Path);
        Config()["target_modules"]!.ToJsonString().ShouldBe("\"q_proj\"");
        var again = new LayersModel(("q_proj", new Linear(4, 4)), ("inner.q_proj", new Linear(4, 4)));
        PeftAdapter.Load(again, _folder.Path).ShouldBe(["q_proj"]);
    }

    [Fact]
    public void Loading_takes_adapters_from_layers_that_the_file_does_not_have()
    {
        LayersModel first = Model();
        first.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["v_proj"] });
        PeftAdapter.Save(first, _folder.Path);
        LayersModel second = Model();
        second.ApplyLora(new LoraOptions { Rank = 4, TargetModules = ["q_proj"] });
        PeftAdapter.Load(second, _folder.Path);
        second.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(["layers.0.v_proj.lora_A", "layers.0.v_proj.lora_B"]);
    }

    [Fact]
    public void A_file_of_bfloat16_is_read()
    {
        LayersModel first = Model();
        first.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["v_proj"] });
        Fill(first);
        PeftAdapter.Save(first, _folder.Path, type: SafetensorsType.BFloat16);
        LayersModel second = Model();
        PeftAdapter.Load(second, _folder.Path);
        float[] expected = first.TrainableParameters[0].Span.ToArray();
        second.TrainableParameters[0].Span.ToArray().ShouldBe(
            expected.Select(value => BitConverter.UInt32BitsToSingle((uint)SafetensorsFile.ToBFloat16(value) << 16)));
    }

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void What_would_change_the_numbers_is_refused_by_name(string key, string value, string fault)
    {
        Saved();
        SetConfig(key, value);
        LayersModel model = Model();
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(model, _folder.Path)).Faults.ShouldHaveSingleItem().ShouldContain(fault);
        model.TrainableParameters.ShouldBeEmpty();
    }

    [Fact]
    public void All_unsupported_options_are_listed_at_once()
    {
        Saved();
        SetConfig("use_qalora", "true");
        SetConfig("lora_bias", "true");
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Faults.Count.ShouldBe(2);
    }

    [Fact]
    public void Absent_options_have_PEFTs_defaults()
    {
        var first = new LayersModel(("proj", new Linear(9, 9)));
        first.ApplyLora(new LoraOptions { Rank = 8, Alpha = 8, TargetModules = ["proj"] });
        PeftAdapter.Save(first, _folder.Path);
        File.WriteAllText(_folder[ConfigName], """{"peft_type":"LORA","target_modules":["proj"],"some_new_group_size":16,"some_new_config":null,"auto_mapping":{"parent_library":"x"}}""");
        var second = new LayersModel(("proj", new Linear(9, 9)));
        PeftAdapter.Load(second, _folder.Path);
        Linear(second, "proj").Adapter!.Rank.ShouldBe(8);
        Linear(second, "proj").Adapter!.Scaling.ShouldBe(1);
    }

    [Fact]
    public void Every_missing_extra_and_misshapen_tensor_is_listed_and_nothing_changes()
    {
        Saved();
        SafetensorsFile.Write(
            _folder[WeightsName],
            [
                ("base_model.model.layers.0.q_proj.lora_A.weight", Tensor.Zeros(2, 6)),
                ("base_model.model.layers.1.q_proj.lora_A.weight", Tensor.Zeros(2, 7)),
                ("base_model.model.layers.1.q_proj.lora_B.weight", Tensor.Zeros(8, 2)),
                ("base_model.model.layers.0.v_proj.lora_A.weight", Tensor.Zeros(2, 6)),
                ("base_model.model.layers.1.q_proj.lora_magnitude_vector", Tensor.Zeros(8)),
            ]);
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 4, TargetModules = ["v_proj"] });
        float[] before = model.TrainableParameters[0].Span.ToArray();
        PeftAdapterException fault = Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(model, _folder.Path));
        fault.Faults.Count.ShouldBe(4);
        fault.Faults[0].ShouldBe("missing: base_model.model.layers.0.q_proj.lora_B.weight [8, 2]");
        fault.Faults[1].ShouldBe("shape: base_model.model.layers.1.q_proj.lora_A.weight is [2, 7], where the model takes [2, 6]");
        fault.Faults[2].ShouldStartWith("extra: base_model.model.layers.0.v_proj.lora_A.weight");
        fault.Faults[3].ShouldStartWith("extra: base_model.model.layers.1.q_proj.lora_magnitude_vector");
        model.TrainableParameters.Select(parameter => parameter.Name).ShouldBe(["layers.0.v_proj.lora_A", "layers.0.v_proj.lora_B"]);
        model.TrainableParameters[0].Span.ToArray().ShouldBe(before);
    }

    [Fact]
    public void A_target_without_tensors_is_missing_unless_layers_are_left_out_on_purpose()
    {
        LayersModel first = Model();
        first.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layers.1.q_proj"] });
        PeftAdapter.Save(first, _folder.Path);
        SetConfig("target_modules", """["q_proj"]""");
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Faults
            .ShouldAllBe(fault => fault.StartsWith("missing: base_model.model.layers.0.q_proj"));
        SetConfig("layers_to_transform", "[1]");
        PeftAdapter.Load(Model(), _folder.Path).ShouldBe(["layers.1.q_proj"]);
        SetConfig("target_modules", "\"all-linear\"");
        PeftAdapter.Load(Model(), _folder.Path).ShouldBe(["layers.1.q_proj"]);
    }

    [Fact]
    public void A_rank_that_the_tensors_do_not_have_is_refused()
    {
        Saved();
        SetConfig("r", "7");
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Faults
            .ShouldContain("shape: base_model.model.layers.0.q_proj.lora_A.weight is [2, 6], where the model takes [7, 6]");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"peft_type\":\"LORA\",\"target_modules\":[\"\\uD800\"]}")]
    public void A_configuration_that_is_no_JSON_object_is_refused(string text)
    {
        Saved();
        File.WriteAllText(_folder[ConfigName], text);
        Should.Throw<PeftAdapterException>(() => PeftAdapter.Load(Model(), _folder.Path)).Message.ShouldContain(ConfigName);
    }

    [Fact]
    public void Missing_files_are_named()
    {
        Should.Throw<FileNotFoundException>(() => PeftAdapter.Load(Model(), _folder.Path)).Message.ShouldContain(ConfigName);
        Saved();
        File.Move(_folder[WeightsName], _folder["adapter_model.bin"]);
        Should.Throw<FileNotFoundException>(() => PeftAdapter.Load(Model(), _folder.Path)).Message.ShouldContain("pickle");
    }

    [Fact]
    public void A_model_that_cannot_be_saved_says_why_and_writes_nothing()
    {
        LayersModel model = Model();
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("no adapter");
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layers.0.q_proj"] });
        Linear(model, "layers.0.q_proj").IsFrozen = false;
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("'layers.0.q_proj' has an adapter and is trained in full");
        Linear(model, "layers.0.q_proj").IsFrozen = true;
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layers.1.q_proj"], UseRsLora = true });
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("differ in rsLoRA");
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["layers.1.q_proj"] });
        model.MergeAdapters();
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Save(model, _folder.Path)).Message.ShouldContain("UnmergeAdapters");
        Should.Throw<InvalidOperationException>(() => PeftAdapter.Load(model, _folder.Path)).Message.ShouldContain("UnmergeAdapters");
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("sgd_qv_r4")]
    [InlineData("adamw_qv_r4")]
    public void The_reference_adapters_are_loaded_and_written_as_they_were(string trace)
    {
        string source = Shared.Path("traces", trace, "final_adapter");
        LayersModel model = Llama();
        PeftAdapter.Load(model, source).Count.ShouldBe(10);
        PeftAdapter.Save(model, _folder.Path);
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(source, WeightsName));
        using SafetensorsFile actual = SafetensorsFile.Open(_folder[WeightsName]);
        actual.Entries.Keys.Order().ShouldBe(expected.Entries.Keys.Order());
        foreach (string name in expected.Entries.Keys)
        {
            actual.Read(name).Shape.ToArray().ShouldBe(expected.Read(name).Shape.ToArray());
            actual.Read(name).Span.ToArray().ShouldBe(expected.Read(name).Span.ToArray());
        }

        Config()["target_modules"]!.ToJsonString().ShouldBe("""["q_proj","v_proj"]""");

        // The adapters before training have the same names and shapes.
        using SafetensorsFile initial = SafetensorsFile.Open(Shared.Path("traces", trace, "init_adapter.safetensors"));
        initial.Entries.Values.Select(entry => entry.ToString()).Order().ShouldBe(actual.Entries.Values.Select(entry => entry.ToString()).Order());
    }

    private static LayersModel Model() => new(
        ("embed", new Embedding(11, 6)),
        ("layers.0.q_proj", new Linear(6, 8)),
        ("layers.0.v_proj", new Linear(6, 4)),
        ("layers.1.q_proj", new Linear(6, 8)),
        ("head", new Linear(8, 9)));

    // The shapes of the small reference model: 5 layers, width 64, 8 query heads and 4 key heads of 8.
    private static LayersModel Llama() => new(
    [
        .. Enumerable.Range(0, 5).SelectMany(layer => new (string, Layer)[]
        {
            ($"model.layers.{layer}.self_attn.q_proj", new Linear(64, 64, bias: false)),
            ($"model.layers.{layer}.self_attn.k_proj", new Linear(64, 32, bias: false)),
            ($"model.layers.{layer}.self_attn.v_proj", new Linear(64, 32, bias: false)),
            ($"model.layers.{layer}.self_attn.o_proj", new Linear(64, 64, bias: false)),
        }),
    ]);

    private static Linear Linear(LayersModel model, string path) => model.NamedLinears().Single(named => named.Path == path).Linear;

    private static void Fill(LayersModel model)
    {
        ulong seed = 1;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }
    }

    private void Saved()
    {
        LayersModel model = Model();
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 4, TargetModules = ["q_proj"] });
        PeftAdapter.Save(model, _folder.Path);
    }

    private JsonNode Config() => JsonNode.Parse(File.ReadAllText(_folder[ConfigName]))!;

    private void SetConfig(string key, string value)
    {
        JsonNode config = Config();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(_folder[ConfigName], config.ToJsonString());
    }
}
