using Lora.Models;

namespace Lora.Cli.Tests;

/// <summary>A folder with a tiny Llama of random weights and a real, small tokenizer.</summary>
internal static class TinyModel
{
    /// <summary>The tokens of the tokenizer.</summary>
    public const int Vocabulary = 441;

    public static string Make(string folder, int vocabulary = Vocabulary)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "vocab_size": {{vocabulary}}, "hidden_size": 16, "intermediate_size": 24,
             "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
             "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2}
            """);
        LoraRandom.ManualSeed(4);
        var model = new LlamaForCausalLM(LlamaConfig.Load(folder));
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), model.StateDict().Select(pair => (pair.Key, pair.Value)), new Dictionary<string, string> { ["format"] = "pt" });
        foreach (string file in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(Golden.PathOf($"tokenizers/llama2/{file}"), Path.Combine(folder, file), overwrite: true);
        }

        return folder;
    }
}
