namespace Lora.Generators;

/// <summary>The metadata names of the runtime's types that the generator knows.</summary>
internal static class KnownNames
{
    public const string Lora = "Lora.LoraAttribute";
    public const string Differentiable = "Lora.DifferentiableAttribute";
    public const string Derivative = "Lora.DerivativeAttribute";
    public const string NoDerivative = "Lora.NoDerivativeAttribute";
    public const string Trainable = "Lora.TrainableAttribute";
    public const string StateName = "Lora.StateNameAttribute";
    public const string Tensor = "Lora.Tensor";
    public const string TensorShape = "Lora.TensorShape";
    public const string Linear = "Lora.Linear";
    public const string Embedding = "Lora.Embedding";
    public const string Nn = "Lora.Nn";
    public const string LoraOptions = "Lora.LoraOptions";
    public const string Layer = "Lora.Layer";
    public const string Model = "Lora.ILoraModel";
    public const string RandomKey = "Lora.RandomKey";
    public const string GeneratedCode = "System.CodeDom.Compiler.GeneratedCodeAttribute";

    /// <summary>What generated members say they were made by.</summary>
    public const string Tool = "Lora.Generators";

    public const string Rank = "Lora.IRank";
}
