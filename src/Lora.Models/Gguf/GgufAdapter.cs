namespace Lora.Models;

/// <summary>The element types of an adapter in a GGUF file.</summary>
public enum GgufType
{
    /// <summary>32 bits.</summary>
    Float32,

    /// <summary>16 bits, up to 65504.</summary>
    Float16,
}

/// <summary>
/// Adapters in llama.cpp's format, and PEFT's folders to and from it. GGUF has pairs of A and B and one alpha for all of them: DoRA, layers that are trained in full
/// and biases have no place there and are refused; other scalings (rsLoRA, alpha by layer) are folded into B.
/// </summary>
public static class GgufAdapter
{
    /// <summary>Writes a model's adapter as a GGUF file, as a whole or not at all.</summary>
    /// <param name="model">A Llama, Mistral, Qwen2, Qwen3 or GPT-2; it needs no weights.</param>
    /// <param name="path">The file; its folder is made where there is none.</param>
    /// <param name="adapter">The adapter's name; null for the active one.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="NotSupportedException">The model is of another family.</exception>
    /// <exception cref="ArgumentException">There is no adapter of that name.</exception>
    /// <exception cref="InvalidOperationException">There is no adapter, or it has what GGUF cannot hold; all of that is listed.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(ILoraModel model, string path, string? adapter = null, GgufType type = GgufType.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        GgufSaving.Run(GgufArchitecture.Of(model), ModelState.Of(model), path, adapter, type);
    }

    /// <summary>
    /// Reads an adapter into a model and makes it the active one: afterwards exactly the layers that the file has hold an adapter of that name. Where anything is
    /// missing, left over or of another shape, all of it is listed and nothing has changed.
    /// </summary>
    /// <param name="model">A Llama, Mistral, Qwen2, Qwen3 or GPT-2.</param>
    /// <param name="path">The file.</param>
    /// <param name="adapter">The name that the adapter is to have; null means "default".</param>
    /// <returns>The paths of the adapted layers.</returns>
    /// <exception cref="NotSupportedException">The model is of another family, or the adapter needs what is not supported.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or no adapter, or does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The model's adapters are merged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<string> Load(ILoraModel model, string path, string? adapter = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using GgufFile file = GgufFile.Open(path);
        return new GgufLoading(GgufArchitecture.Of(model), ModelState.Of(model), file).Run(adapter ?? AdaptedLayer.DefaultName);
    }

    /// <summary>Converts a PEFT folder to a GGUF file.</summary>
    /// <param name="adapterDirectory">The PEFT folder.</param>
    /// <param name="modelPath">The base model's folder or <c>config.json</c>; weights are not needed.</param>
    /// <param name="ggufPath">The file to write.</param>
    /// <param name="type">The element type.</param>
    /// <exception cref="PeftAdapterException">The adapter does not fit the model, or uses what is not supported.</exception>
    /// <inheritdoc cref="Save" path="/exception"/>
    public static void FromPeft(string adapterDirectory, string modelPath, string ggufPath, GgufType type = GgufType.Float32)
    {
        ILoraModel model = PretrainedModel.WithoutWeights(modelPath);
        PeftAdapter.Load(model, adapterDirectory);
        Save(model, ggufPath, type: type);
    }

    /// <summary>Converts a GGUF file to a PEFT folder.</summary>
    /// <param name="ggufPath">The file.</param>
    /// <param name="modelPath">The base model's folder or <c>config.json</c>; weights are not needed.</param>
    /// <param name="adapterDirectory">The folder to write.</param>
    /// <param name="baseModel">The name or path of the base model, which some readers of PEFT's format ask for.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static void ToPeft(string ggufPath, string modelPath, string adapterDirectory, string? baseModel = null)
    {
        ILoraModel model = PretrainedModel.WithoutWeights(modelPath);
        Load(model, ggufPath);
        PeftAdapter.Save(model, adapterDirectory, baseModel);
    }
}
