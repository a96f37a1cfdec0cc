namespace Lora;

/// <summary>Marks a layer that is trained in full beside the adapters, such as a new classification head or a norm.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class TrainableAttribute : Attribute;
