namespace Lora.Generators;

/// <summary>A <c>[Differentiable]</c> method, lowered. Without a body it could not be lowered, and diagnostics say why.</summary>
/// <param name="TypeParameters">The type parameters of a method that was refused for them, as its stub repeats them.</param>
/// <param name="PrivateTypes">The types among those it saves that cannot be named by an internal field.</param>
internal sealed record MethodIr(
    string Name,
    string Accessibility,
    bool IsStatic,
    bool HasRoot,
    bool ReturnsTensor,
    bool IsCheckpointed,
    string SavedType,
    string TypeParameters,
    EquatableArray<ParameterIr> Parameters,
    EquatableArray<ValueIr> Values,
    EquatableArray<string> PrivateTypes,
    BlockIr? Body)
{
    /// <summary>
    /// The accessibility of what the method saves, as the type of fields and parameters: private types that the method saves are not named in it.
    /// </summary>
    public string SavedAccessibility => Accessibility switch
    {
        "public" => "public",
        "protected" or "protected internal" => "protected internal",
        _ => "internal",
    };

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
