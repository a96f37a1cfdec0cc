namespace Lora;

/// <summary>Overrides the name that a layer or submodel has in state dictionaries and files.</summary>
/// <param name="name">One or more dotted segments, such as <c>self_attn</c>.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class StateNameAttribute(string name) : Attribute
{
    /// <summary>The name in place of the one made from the member's.</summary>
    public string Name { get; } = name;
}
