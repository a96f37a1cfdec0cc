namespace Lora.Models;

/// <summary>How GGUF names and stores what a family of models calls by its paths.</summary>
internal sealed class GgufArchitecture
{
    private static readonly Dictionary<string, string> _llama = new(StringComparer.Ordinal)
    {
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
    };

    private static readonly Dictionary<string, string> _gpt2 = new(StringComparer.Ordinal)
    {
        ["attn.c_attn"] = "attn_qkv",
        ["attn.c_proj"] = "attn_output",
        ["mlp.c_fc"] = "ffn_up",
        ["mlp.c_proj"] = "ffn_down",
    };

    private readonly string _layers;
    private readonly string _embedding;
    private readonly Dictionary<string, string> _names;
    private readonly Dictionary<string, int> _interleavedHeads;

    private GgufArchitecture(string name, bool isTied, string layers, string embedding, Dictionary<string, string> names, Dictionary<string, int>? interleavedHeads = null)
    {
        Name = name;
        IsTied = isTied;
        _layers = layers;
        _embedding = embedding;
        _names = names;
        _interleavedHeads = interleavedHeads ?? [];
    }

    /// <summary>The value of <c>general.architecture</c>.</summary>
    public string Name { get; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool IsTied { get; }

    /// <exception cref="NotSupportedException">llama.cpp takes no adapters for models of this kind, or the names are not known here.</exception>
    public static GgufArchitecture Of(ILoraModel model) => model switch
    {
        LlamaForCausalLM { Config: var config } => OfLlama(config),
        Gpt2LMHeadModel { Config: var config } => new GgufArchitecture("gpt2", config.TieWordEmbeddings, "transformer.h.", "transformer.wte", _gpt2),
        _ => throw new NotSupportedException($"Adapters of {model.GetType().Name} are not written as GGUF: those of Llama, Mistral, Qwen2, Qwen3 and GPT-2 are."),
    };

    /// <summary>The name of the weight that the layer under a path has in a model's GGUF file; null for one that can have no adapter there.</summary>
    public string? NameOf(string path)
    {
        if (path == _embedding || path == "lm_head")
        {
            return path == _embedding ? "token_embd.weight" : "output.weight";
        }

        return path.StartsWith(_layers, StringComparison.Ordinal) && path[_layers.Length..].Split('.', 2) is [string index, string part] && _names.TryGetValue(part, out string? name)
            ? $"blk.{index}.{name}.weight"
            : null;
    }

    /// <summary>
    /// In how many heads the two halves that a rotation turns together, which Hugging Face keeps apart, stand alternately: llama.cpp's order for the rows of the queries
    /// and keys of a Llama. Null for other rows.
    /// </summary>
    public int? InterleavedHeads(string path)
    {
        int dot = path.LastIndexOf('.');
        return _interleavedHeads.TryGetValue(path[(dot + 1)..], out int heads) ? heads : null;
    }

    private static GgufArchitecture OfLlama(LlamaConfig config)
    {
        string name = config.QkNorm ? "qwen3" : config is { QkvBias: true, OutputBias: false } ? "qwen2" : "llama";
        Dictionary<string, int>? heads = name == "llama"
            ? new(StringComparer.Ordinal) { ["q_proj"] = config.NumAttentionHeads, ["k_proj"] = config.NumKeyValueHeads }
            : null;
        return new GgufArchitecture(name, config.TieWordEmbeddings, "model.layers.", "model.embed_tokens", _llama, heads);
    }
}
