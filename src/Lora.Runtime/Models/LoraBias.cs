namespace Lora;

/// <summary>Which biases are trained beside the adapters. They belong to the model, not to one adapter: switching adapters leaves them as they are.</summary>
public enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Every bias of the model, those of norms too.</summary>
    All,

    /// <summary>The biases of the adapted layers.</summary>
    LoraOnly,
}
