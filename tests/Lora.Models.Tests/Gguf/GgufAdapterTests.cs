namespace Lora.Models.Tests;

/// <summary>Adapters in llama.cpp's format: its bytes, what llama.cpp would compute of it, and the way to and from PEFT's.</summary>
public sealed class GgufAdapterTests : IDisposable
{
    // The file of the first test as GGUF's specification has it: numbers are little-endian, a text is its length and its bytes, the type of a value is 4 for uint32,
    // 6 for float32 and 8 for a text, dimensions stand innermost first, and data at multiples of 32.
    private const string Golden = """
        'GGUF' 03000000 0200000000000000 0500000000000000
        1400000000000000 'general.architecture' 08000000 0500000000000000 'llama'
        0c00000000000000 'general.type'         08000000 0700000000000000 'adapter'
        1100000000000000 'general.file_type'    04000000 00000000
        0c00000000000000 'adapter.type'         08000000 0400000000000000 'lora'
        1200000000000000 'adapter.lora.alpha'   06000000 00004040
        1a00000000000000 'blk.0.attn_q.weight.lora_a' 02000000 0400000000000000 0100000000000000 00000000 0000000000000000
        1a00000000000000 'blk.0.attn_q.weight.lora_b' 02000000 0100000000000000 0400000000000000 00000000 2000000000000000
        000000000000000000
        0000803f 00000040 00004040 00008040 00000000000000000000000000000000
        00002041 0000f041 0000a041 00002042 00000000000000000000000000000000
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    private string Gguf => Path.Combine(_folder, "adapter.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_bytes_are_those_of_the_specification()
    {
        LlamaForCausalLM model = Tiny();
        model.ApplyLora(new LoraOptions { Rank = 1, Alpha = 3, TargetModules = ["q_proj"] });
        ((float[])[1, 2, 3, 4]).CopyTo(model.TrainableParameters[0].Span);

        // Rows 0 and 2 of a head turn together, and 1 and 3: llama.cpp has them side by side.
        ((float[])[10, 20, 30, 40]).CopyTo(model.TrainableParameters[1].Span);
        GgufAdapter.Save(model, Gguf);
        File.ReadAllBytes(Gguf).ShouldBe(PlainGguf.Bytes(Golden));
        LlamaForCausalLM again = Tiny();
        GgufAdapter.Load(again, Gguf).ShouldBe(["model.layers.0.self_attn.q_proj"]);
        again.TrainableParameters[0].Span.ToArray().ShouldBe([1, 2, 3, 4]);
        again.TrainableParameters[1].Span.ToArray().ShouldBe([10, 20, 30, 40]);
        Directory.GetFileSystemEntries(_folder).ShouldBe([Gguf]);
    }

    [Theory]
    [InlineData("llama3-scaled", "llama", 2.5f)]
    [InlineData("mistral", "llama", 2.5f)]
    [InlineData("qwen2", "qwen2", 2.5f)]
    [InlineData("qwen3", "qwen3", 2.5f)]
    [InlineData("gpt2", "gpt2", 2.5f)]
    public void What_llama_cpp_adds_to_its_weights_is_what_the_adapter_adds_here(string name, string architecture, float alpha)
    {
        ICausalLanguageModel model = Adapted(name, new LoraOptions { Rank = 3, Alpha = alpha, TargetMatching = TargetMatching.AllLinear });
        GgufAdapter.Save(model, Gguf);
        var file = PlainGguf.Read(Gguf);
        file.Values["general.architecture"].ShouldBe(architecture);
        file.Values["adapter.lora.alpha"].ShouldBe(alpha);
        CheckDeltas(model, file);
    }

    [Theory]
    [InlineData("rslora")]
    [InlineData("alphas")]
    [InlineData("ranks")]
    [InlineData("both")]
    public void Other_scalings_are_folded_where_one_alpha_cannot_tell_them(string kind)
    {
        var options = new LoraOptions { Rank = 2, Alpha = 5, TargetModules = ["q_proj", "v_proj", "down_proj"] };
        ICausalLanguageModel model = Adapted("qwen2", kind switch
        {
            "rslora" => options with { UseRsLora = true },
            "alphas" => options with { AlphaPattern = new Dictionary<string, float> { ["v_proj"] = 7 } },
            "ranks" => options with { RankPattern = new Dictionary<string, int> { ["v_proj"] = 4 } },
            _ => options with { UseRsLora = true, RankPattern = new Dictionary<string, int> { ["v_proj"] = 4 } },
        });
        GgufAdapter.Save(model, Gguf);
        var file = PlainGguf.Read(Gguf);
        CheckDeltas(model, file);
        ((float)file.Values["adapter.lora.alpha"]).ShouldBe(kind switch { "rslora" => (float)(5 * Math.Sqrt(2)), "ranks" => 5, _ => 2 }, 1e-6f);
        double[] before = Logits(model);
        ICausalLanguageModel again = CausalLanguageModel.Load(TorchGolden.PathOf("qwen2"));
        GgufAdapter.Load(again, Gguf);
        Numbers.MaxDifference(Logits(again), before).ShouldBeLessThan(1e-5);
    }

    [Theory]
    [InlineData("llama3-scaled")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    public void Folders_of_PEFT_come_back_as_they_were(string name)
    {
        ICausalLanguageModel model = Adapted(name, new LoraOptions { Rank = 3, Alpha = 5, TargetMatching = TargetMatching.AllLinear });
        string before = Path.Combine(_folder, "before");
        string after = Path.Combine(_folder, "after");
        PeftAdapter.Save(model, before);
        GgufAdapter.FromPeft(before, TorchGolden.PathOf(name), Gguf);
        GgufAdapter.ToPeft(Gguf, Path.Combine(TorchGolden.PathOf(name), "config.json"), after);
        foreach (string file in (string[])["adapter_config.json", "adapter_model.safetensors"])
        {
            File.ReadAllBytes(Path.Combine(after, file)).ShouldBe(File.ReadAllBytes(Path.Combine(before, file)), file);
        }
    }

    [Fact]
    public void Float16_is_half_as_large_and_rounded_once()
    {
        ICausalLanguageModel model = Adapted("qwen2", new LoraOptions { Rank = 2, Alpha = 3 });
        GgufAdapter.Save(model, Gguf);
        var exact = PlainGguf.Read(Gguf);
        GgufAdapter.Save(model, Gguf, type: GgufType.Float16);
        var rounded = PlainGguf.Read(Gguf);
        rounded.Values["general.file_type"].ShouldBe(1u);
        foreach (string tensor in exact.Tensors.Keys)
        {
            rounded.Tensors[tensor].Values.ShouldBe([.. exact.Tensors[tensor].Values.Select(value => (double)(Half)value)], tensor);
        }

        GgufAdapter.Load(CausalLanguageModel.Load(TorchGolden.PathOf("qwen2")), Gguf).Count.ShouldBe(exact.Tensors.Count / 2);
        model.TrainableParameters[0].Span[0] = 70000;
        byte[] before = File.ReadAllBytes(Gguf);
        Should.Throw<InvalidOperationException>(() => GgufAdapter.Save(model, Gguf, type: GgufType.Float16)).Message.ShouldContain("write float32");
        File.ReadAllBytes(Gguf).ShouldBe(before);
    }

    [Fact]
    public void An_embedding_beside_a_head_of_its_own_has_its_A_turned()
    {
        LlamaForCausalLM model = Models.Llama.Load(Tests.Golden.PathOf("untied"));
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 3, TargetModules = ["embed_tokens", "lm_head"] });
        Fill(model);
        GgufAdapter.Save(model, Gguf);
        (long[] dimensions, double[] values) = PlainGguf.Read(Gguf).Tensors["token_embd.weight.lora_a"];
        dimensions.ShouldBe([2, model.VocabularySize]);
        values.ShouldBe(model.TrainableParameters[0].Value.Span.ToDoubles());
        PlainGguf.Read(Gguf).Tensors["token_embd.weight.lora_b"].Dimensions.ShouldBe([2, model.Config.HiddenSize]);
        PlainGguf.Read(Gguf).Tensors.ShouldContainKey("output.weight.lora_a");
        LlamaForCausalLM again = Models.Llama.Load(Tests.Golden.PathOf("untied"));
        GgufAdapter.Load(again, Gguf);
        again.Forward([1, 4, 2], 1).Span.ToArray().ShouldBe(model.Forward([1, 4, 2], 1).Span.ToArray());
    }

    [Fact]
    public void What_GGUF_cannot_hold_is_listed_and_nothing_is_written()
    {
        Refused("qwen2", new LoraOptions { Rank = 2, UseDora = true }, "magnitude (DoRA)", "q_proj", "v_proj");
        Refused("qwen2", new LoraOptions { Rank = 2, ModulesToSave = ["norm"] }, "'model.norm' is trained in full");
        Refused("qwen2", new LoraOptions { Rank = 2, Bias = LoraBias.LoraOnly }, "the bias of 'model.layers.0.self_attn.q_proj'");
        Refused("gpt2", new LoraOptions { Rank = 2, TargetModules = ["wte"] }, "the head too");
        Refused("gpt2", new LoraOptions { Rank = 2, TargetModules = ["wpe"] }, "transformer.wpe");
        ISequenceClassifier bert = SequenceClassifier.Load(TorchGolden.PathOf("bert"));
        Should.Throw<NotSupportedException>(() => GgufAdapter.Save(bert, Gguf)).Message.ShouldContain("BertForSequenceClassification");
        ICausalLanguageModel none = CausalLanguageModel.Load(TorchGolden.PathOf("qwen2"));
        Should.Throw<InvalidOperationException>(() => GgufAdapter.Save(none, Gguf)).Message.ShouldContain("no adapter");
        Directory.GetFileSystemEntries(_folder).ShouldBeEmpty();
    }

    private void Refused(string name, LoraOptions options, params string[] parts)
    {
        ILoraModel model = PretrainedModel.Load(TorchGolden.PathOf(name));
        model.ApplyLora(options);
        string message = Should.Throw<InvalidOperationException>(() => GgufAdapter.Save(model, Gguf)).Message;
        Array.ForEach(parts, part => message.ShouldContain(part));
    }

    // llama.cpp's rows of queries and keys are the base's in another order: [heads, 2, d/2] with the last two exchanged.
    private static void CheckDeltas(ICausalLanguageModel model, PlainGguf file)
    {
        var linears = model.NamedLinears().ToDictionary(named => named.Path, named => named.Linear);
        float alpha = (float)file.Values["adapter.lora.alpha"];
        int pairs = 0;
        foreach ((string path, Linear linear) in linears.Where(named => named.Value.Adapter is not null))
        {
            string tensor = NameOf(path);
            (long[] dimensionsOfA, double[] a) = file.Tensors[tensor + ".lora_a"];
            (long[] dimensionsOfB, double[] b) = file.Tensors[tensor + ".lora_b"];
            int rank = linear.Adapter!.Rank;
            dimensionsOfA.ShouldBe([linear.InFeatures, rank], path);
            dimensionsOfB.ShouldBe([rank, linear.OutFeatures], path);
            pairs++;
            for (int row = 0; row < linear.OutFeatures; row++)
            {
                int there = RowOf(model, path, row, linear.OutFeatures);
                for (int column = 0; column < linear.InFeatures; column++)
                {
                    double expected = 0;
                    double actual = 0;
                    for (int r = 0; r < rank; r++)
                    {
                        expected += linear.Adapter.Scaling * (double)linear.Adapter.A.Span[(column * rank) + r] * linear.Adapter.B.Span[(r * linear.OutFeatures) + row];
                        actual += alpha / (double)rank * a[(r * linear.InFeatures) + column] * b[(there * rank) + r];
                    }

                    actual.ShouldBe(expected, 1e-6, path);
                }
            }
        }

        file.Tensors.Count.ShouldBe(2 * pairs);
    }

    private static int RowOf(ICausalLanguageModel model, string path, int row, int rows)
    {
        if (model is not LlamaForCausalLM { Config: { QkNorm: false, QkvBias: false } config } || !(path.EndsWith("q_proj", StringComparison.Ordinal) || path.EndsWith("k_proj", StringComparison.Ordinal)))
        {
            return row;
        }

        int heads = path.EndsWith("q_proj", StringComparison.Ordinal) ? config.NumAttentionHeads : config.NumKeyValueHeads;
        int half = rows / heads / 2;
        int head = row / (2 * half);
        int part = row / half % 2;
        return (head * 2 * half) + (row % half * 2) + part;
    }

    private static string NameOf(string path)
    {
        string[] parts = path.Split('.');
        string name = string.Join('.', parts[3..]) switch
        {
            "self_attn.q_proj" => "attn_q",
            "self_attn.k_proj" => "attn_k",
            "self_attn.v_proj" => "attn_v",
            "self_attn.o_proj" or "attn.c_proj" => "attn_output",
            "attn.c_attn" => "attn_qkv",
            "mlp.gate_proj" => "ffn_gate",
            "mlp.up_proj" or "mlp.c_fc" => "ffn_up",
            "mlp.down_proj" or "mlp.c_proj" => "ffn_down",
            _ => throw new NotSupportedException(path),
        };
        return $"blk.{parts[2]}.{name}.weight";
    }

    private static ICausalLanguageModel Adapted(string name, LoraOptions options)
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        model.ApplyLora(options);
        Fill(model);
        return model;
    }

    private static void Fill(ICausalLanguageModel model)
    {
        ulong seed = 1;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomNormal(seed++, parameter.Shape).Span.CopyTo(parameter.Span);
        }
    }

    private static double[] Logits(ICausalLanguageModel model) => model.Forward([1, 4, 2, 5], 1).Span.ToDoubles();

    private static LlamaForCausalLM Tiny() => new(new LlamaConfig
    {
        VocabSize = 5,
        HiddenSize = 4,
        IntermediateSize = 3,
        NumHiddenLayers = 1,
        NumAttentionHeads = 1,
        NumKeyValueHeads = 1,
        HeadDim = 4,
    });
}
