namespace Lora.Generators;

/// <summary>A <c>[Differentiable]</c> method, lowered. Without a body it could not be lowered, and diagnostics say why.</summary>
internal sealed record MethodIr(
    string Name,
    string Accessibility,
    bool IsStatic,
    bool HasRoot,
    bool ReturnsTensor,
    string SavedType,
    EquatableArray<ParameterIr> Parameters,
    EquatableArray<ValueIr> Values,
    BlockIr? Body)
{
    public string TrainingName => Name + "Training";

    public string BackwardName => Name + "Backward";
}

internal enum ParameterKind
{
    Tensor,
    Indices,
    Plain,
}

/// <summary>A parameter of a differentiable method. <c>Value</c> is the value that a tensor parameter has on entry.</summary>
internal sealed record ParameterIr(string Name, string Type, string? Default, ParameterKind Kind, bool IsDifferentiable, int Value)
{
    /// <summary>The parameter as a generated method declares it for users to call.</summary>
    public string Declaration => Default is null ? $"{Type} {Name}" : $"{Type} {Name} = {Default}";
}

/// <summary>
/// A tensor or number that the body computes. A variable is assigned in several control-flow regions; every other value is written once.
/// </summary>
internal sealed record ValueIr(string Name, bool IsTensor, bool IsVariable, bool IsNullable, bool IsParameter);
