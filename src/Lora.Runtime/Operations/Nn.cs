namespace Lora;

/// <summary>The operations of models, each declared with its derivative.</summary>
public static partial class Nn;
