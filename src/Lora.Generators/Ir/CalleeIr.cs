namespace Lora.Generators;

internal enum ArgumentKind
{
    Tensor,
    NullTensor,
    Number,
    Plain,
    Indices,
    RandomKey,
}

/// <summary>
/// An argument, under the name of the parameter it is given to. <c>IsStable</c> text means the same in the backward pass;
/// other text is saved as <c>Type</c>.
/// </summary>
internal sealed record ArgumentIr(
    string Parameter, ArgumentKind Kind, int Value, string Text, string Type, bool IsStable, string? Trainability, EquatableArray<int> Uses)
{
    public bool IsValue => Kind is ArgumentKind.Tensor or ArgumentKind.Number;
}

/// <summary>What a call calls.</summary>
internal abstract record CalleeIr(bool ReturnsTensor);

/// <summary>An operation with a derivative rule.</summary>
/// <param name="Target">The type, or the layer, that the methods belong to.</param>
/// <param name="Receiver">The layer as an argument of its own, so that it can be saved; null for a static operation.</param>
/// <param name="ReadsWhereTrained">Whether the backward reads inputs only where a layer is trained.</param>
/// <param name="GradientOver">The input whose gradient may take its memory.</param>
/// <param name="Recomputes">Whether the backward pass makes the result again, rather than that it is kept.</param>
/// <param name="Rank">The rank, where the methods are compiled for one; 0 for any.</param>
internal sealed record OperationIr(
    string Target,
    ArgumentIr? Receiver,
    string Primal,
    string? Into,
    string? Shape,
    string? Saves,
    string Backward,
    bool InPlace,
    bool ReturnsTensor,
    bool ReadsWhereTrained,
    string? GradientOver,
    bool Recomputes,
    int? Rank,
    EquatableArray<BackwardParameterIr> BackwardParameters) : CalleeIr(ReturnsTensor)
{
    public bool ReadsResult => BackwardParameters.Any(parameter => parameter.Role == BackwardRole.Result);
}

/// <summary>Another differentiable method, of this class, a submodel or a static class.</summary>
internal sealed record MethodCallIr(
    string Target, ArgumentIr? Receiver, string Name, string SavedType, bool ReturnsTensor) : CalleeIr(ReturnsTensor);

internal enum BackwardRole
{
    Input,
    Result,
    Saved,
    ResultGradient,
    InputGradient,
}

/// <summary>A parameter of a backward method. <c>Input</c> names the operation's parameter that it belongs to.</summary>
/// <param name="IsShared">Whether it is the gradient of the result, which the two may share.</param>
internal sealed record BackwardParameterIr(BackwardRole Role, string Input, bool IsNullable, bool IsReference, bool IsShared = false);
