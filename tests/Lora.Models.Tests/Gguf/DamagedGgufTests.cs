using System.Text;

namespace Lora.Models.Tests;

/// <summary>GGUF files that are cut off, changed, or of something else: always an error that says so, and a model that stays as it was.</summary>
public sealed class DamagedGgufTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"lora-{Guid.NewGuid():N}.gguf");
    private readonly LlamaForCausalLM _model = Models.Llama.Load(Golden.PathOf("tied"));
    private readonly byte[] _whole;

    public DamagedGgufTests()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 3, TargetModules = ["q_proj", "down_proj"] });
        GgufAdapter.Save(model, _path);
        _whole = File.ReadAllBytes(_path);
    }

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void The_whole_file_is_read()
    {
        GgufAdapter.Load(_model, _path).Count.ShouldBe(4);
        GgufAdapter.Load(_model, _path, adapter: "other").Count.ShouldBe(4);
        _model.Adapters.Active.ShouldBe("other");
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_refused()
    {
        for (int length = 0; length < _whole.Length; length += length < 600 ? 1 : 13)
        {
            Refused(_whole[..length]);
        }
    }

    [Fact]
    public void A_changed_byte_of_the_header_is_refused_or_changes_nothing_but_a_number()
    {
        int dataStart = _whole.AsSpan().LastIndexOf("lora_b"u8) + 30;
        for (int i = 0; i < dataStart; i++)
        {
            foreach (byte change in (byte[])[1, 0x80, 0xFF])
            {
                byte[] changed = [.. _whole];
                changed[i] ^= change;
                File.WriteAllBytes(_path, changed);
                try
                {
                    GgufAdapter.Load(_model, _path);
                }
                catch (Exception fault) when (fault is InvalidDataException or NotSupportedException)
                {
                    fault.Message.ShouldContain(_path);
                }
            }
        }
    }

    [Theory]
    [InlineData("GGUF", "GGML", "does not begin")]
    [InlineData("adapter", "mmodels", "general.type is mmodels")]
    [InlineData("general.type", "general.tyqe", "general.type is absent")]
    [InlineData("llama", "qwen2", "general.architecture is qwen2, where llama is expected")]
    [InlineData("lora\u0012", "lore\u0012", "adapter.type is lore")]
    [InlineData("blk.0.attn_q.weight.lora_b", "blk.0.attn_q.weight.lora_c", "missing: blk.0.attn_q.weight.lora_b; extra: blk.0.attn_q.weight.lora_c")]
    [InlineData("blk.1.ffn_down.weight.lora_a", "blk.9.ffn_down.weight.lora_a", "missing: blk.1.ffn_down.weight.lora_a; extra: blk.9.ffn_down.weight.lora_a")]
    [InlineData("blk.1.ffn_down.weight.lora_a", "blk.0.ffn_down.weight.lora_a", "twice")]
    public void Other_words_are_named(string from, string to, string message)
    {
        byte[] changed = Encoding.Latin1.GetBytes(ReplaceFirst(Encoding.Latin1.GetString(_whole), from, to));
        Refused(changed).ShouldContain(message);
    }

    [Theory]
    [InlineData(4, 4, "version 4")]
    [InlineData(4, 1, "version 1")]
    [InlineData(7, 3, "big-endian")]
    public void Other_versions_are_named(int at, byte value, string message)
    {
        byte[] changed = [.. _whole];
        changed.AsSpan(4, 4).Clear();
        changed[at] = value;
        Refused(changed).ShouldContain(message);
    }

    [Fact]
    public void Quantised_tensors_and_shapes_of_another_model_are_named()
    {
        byte[] quantised = [.. _whole];
        int info = _whole.AsSpan().IndexOf("blk.0.attn_q.weight.lora_a"u8) + 26;
        quantised[info + 20] = 8;
        Refused(quantised).ShouldContain("blk.0.attn_q.weight.lora_a is of the element type 8");
        byte[] unaligned = [.. _whole];
        unaligned[info + 24] = 4;
        Refused(unaligned).ShouldContain("no multiple of 32");
        ICausalLanguageModel larger = CausalLanguageModel.Load(TorchGolden.PathOf("llama3-scaled"));
        File.WriteAllBytes(_path, _whole);
        Should.Throw<InvalidDataException>(() => GgufAdapter.Load(larger, _path)).Message.ShouldContain("shape: blk.0.attn_q.weight has the pair [2, 8] and [8, 2]");
        larger.TrainableParameters.ShouldBeEmpty();
    }

    [Fact]
    public void An_adapter_that_waits_for_tokens_is_refused()
    {
        // Nine bytes, so that the key takes 64 altogether and the data stay where they are aligned.
        byte[] key = PlainGguf.Bytes("1f00000000000000 'adapter.alora.invocation_tokens' 09000000 00000000 0900000000000000 010203040506070809");
        byte[] changed = [.. _whole[..16], 6, .. _whole[17..24], .. key, .. _whole[24..]];
        File.WriteAllBytes(_path, changed);
        Should.Throw<NotSupportedException>(() => GgufAdapter.Load(_model, _path)).Message.ShouldContain("adapter.alora.invocation_tokens");
        _model.TrainableParameters.ShouldBeEmpty();
    }

    private static string ReplaceFirst(string text, string from, string to)
    {
        int at = text.IndexOf(from, StringComparison.Ordinal);
        at.ShouldBeGreaterThanOrEqualTo(0);
        return text[..at] + to + text[(at + from.Length)..];
    }

    private string Refused(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        string message = Should.Throw<InvalidDataException>(() => GgufAdapter.Load(_model, _path)).Message;
        message.ShouldContain(_path);
        _model.TrainableParameters.ShouldBeEmpty();
        return message;
    }
}
