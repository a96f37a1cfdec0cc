namespace Lora.Generators;

/// <summary>Everything that the generated file of one model depends on. What has one of <c>TakenNames</c> is not generated.</summary>
internal sealed record ModelSpec(
    string HintName,
    string? Namespace,
    EquatableArray<TypeSpec> Types,
    bool IsStatic,
    bool HasState,
    bool IsLanguageTooOld,
    EquatableArray<string> TakenNames,
    EquatableArray<MemberSpec> Members,
    EquatableArray<MethodIr> Methods);

/// <summary>One of the nested type declarations that the generated members stand in, outermost first.</summary>
internal sealed record TypeSpec(string Keyword, string Name, string TypeParameters);

/// <summary>A layer or submodel of a model, or a member that is marked as one and is not.</summary>
internal sealed record MemberSpec(
    string Name,
    string StateName,
    bool IsLayer,
    bool IsVisited,
    LoraSpec? Adapter,
    bool IsTrainable,
    PartialPropertySpec? PartialProperty);

/// <summary>The <c>[Lora]</c> attribute of a member, and the names generated for it; null for a name that is taken.</summary>
internal sealed record LoraSpec(
    int Rank, float Alpha, string Init, bool UseRsLora, bool UseDora, float Dropout, string? WrapperName, string? MergeName, bool IsEmbedding, bool IsStub)
{
    /// <summary>What the documentation of the wrapper says of the layer's size; null where its dimensions are not known.</summary>
    public LayerSizeSpec? Size { get; init; }
}

/// <summary>The shape of a layer, how many parameters its adapter and its weight have, and the share of the first, where these are numbers.</summary>
internal sealed record LayerSizeSpec(string Shape, string Trainable, string Weight, string? Share);

/// <summary>A partial property that the generated file implements.</summary>
internal sealed record PartialPropertySpec(string Modifiers, string FieldModifiers, string Type, string Name, string Accessors);
