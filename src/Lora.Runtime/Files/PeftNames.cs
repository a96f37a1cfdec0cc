namespace Lora;

/// <summary>The names of PEFT's tensors for a layer under a path.</summary>
internal static class PeftNames
{
    private const string Prefix = "base_model.model.";

    /// <summary>A, [r, in]. That of an embedding has no <c>.weight</c>.</summary>
    public static string A(string path, Layer layer) => Prefix + path + (layer is Embedding ? ".lora_embedding_A" : ".lora_A.weight");

    /// <summary>B, [out, r].</summary>
    public static string B(string path, Layer layer) => Prefix + path + (layer is Embedding ? ".lora_embedding_B" : ".lora_B.weight");

    /// <summary>DoRA's magnitude, [out].</summary>
    public static string Magnitude(string path) => Prefix + path + ".lora_magnitude_vector";

    /// <summary>A weight of the layer itself, where it stands in a layer that has no adapter.</summary>
    public static string Own(string path, string weight) => $"{Prefix}{path}.{weight}";

    /// <summary>A weight of the layer itself, where it has an adapter.</summary>
    public static string Base(string path, string weight) => $"{Prefix}{path}.base_layer.{weight}";

    /// <summary>The weights before training of a layer that is trained in full: PEFT writes its bias with all biases.</summary>
    public static string Original(string path, string weight) => $"{Prefix}{path}.original_module.{weight}";
}
