namespace Lora;

/// <summary>Which elements of a head a rotary embedding turns together.</summary>
public enum RotaryLayout
{
    /// <summary>Element i with element i + d/2, as Hugging Face's Llama.</summary>
    HalfSplit,

    /// <summary>Element 2i with element 2i + 1, as the original RoFormer, GPT-J and Meta's Llama.</summary>
    Interleaved,
}
