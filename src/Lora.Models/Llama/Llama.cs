namespace Lora.Models;

/// <summary>Reads Llamas from Hugging Face folders.</summary>
public static class Llama
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    /// <summary>
    /// Reads a folder with <c>config.json</c> and <c>model.safetensors</c>, or shards with their index, in float32, float16 or bfloat16.
    /// Every weight must be there, and nothing else.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="FileNotFoundException">The folder lacks a file.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or weights are missing, unknown or of other shapes than the configuration says.</exception>
    /// <exception cref="NotSupportedException">The configuration asks for something that this Llama does not do.</exception>
    public static LlamaForCausalLM Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        LlamaConfig config = LlamaConfig.Load(directory);
        using SafetensorsFolder folder = SafetensorsFolder.Open(directory);
        HashSet<string> ignored = [.. folder.Entries.Keys.Where(name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal))];
        if (config.TieWordEmbeddings && folder.Entries.ContainsKey(Head))
        {
            RefuseOtherHead(folder, directory);
            ignored.Add(Head);
        }

        var model = new LlamaForCausalLM(config);
        try
        {
            model.LoadStateDict(new FolderState(folder, ignored));
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"The weights in '{directory}' are not those of its config.json. {fault.Message}", fault);
        }

        return model;
    }

    // Some files hold the tied head once more; it is left out where it is the embedding's copy.
    private static void RefuseOtherHead(SafetensorsFolder folder, string directory)
    {
        if (!folder.Entries.ContainsKey(Embedding) || !folder.Read(Head).Span.SequenceEqual(folder.Read(Embedding).Span))
        {
            throw new InvalidDataException(
                $"The config.json in '{directory}' ties the head to the embedding, but its {Head} differs from {Embedding}. Set tie_word_embeddings to false to use it.");
        }
    }
}
