namespace Lora;

/// <summary>A safetensors file that is not as its format or its reader wants it; the message names the file, the tensor and the reason.</summary>
public sealed class SafetensorsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The path of the file.</param>
    /// <param name="tensor">The name of the tensor, or null where the fault lies in no single one.</param>
    /// <param name="reason">What is wrong, as a sentence.</param>
    /// <param name="innerException">What found it, or null.</param>
    public SafetensorsException(string file, string? tensor, string reason, Exception? innerException = null)
        : base(tensor is null ? $"{file}: {reason}" : $"{file}: tensor '{tensor}': {reason}", innerException)
    {
        File = file;
        Tensor = tensor;
        Reason = reason;
    }

    /// <summary>The path of the file.</summary>
    public string File { get; }

    /// <summary>The name of the tensor, or null where the fault lies in no single one.</summary>
    public string? Tensor { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }
}
