namespace Lora;

/// <summary>The operations of models, each declared with its derivative.</summary>
public static partial class Nn
{
    // The dimensions of what is computed element by element and broadcasts.
    internal const string Broadcasting = "a [..], b [..] -> [..]";
}
