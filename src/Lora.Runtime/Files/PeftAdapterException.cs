namespace Lora;

/// <summary>An adapter in PEFT's format that does not fit the model or uses what is not supported; nothing has changed.</summary>
public sealed class PeftAdapterException : Exception
{
    internal PeftAdapterException(string source, IReadOnlyList<string> faults, Exception? innerException = null)
        : base($"{source}: {string.Join("; ", faults)}.", innerException)
    {
        Faults = faults;
    }

    /// <summary>Every fault that was found, one each.</summary>
    public IReadOnlyList<string> Faults { get; }
}
