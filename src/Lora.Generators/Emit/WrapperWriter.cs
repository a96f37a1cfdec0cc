namespace Lora.Generators;

/// <summary>Writes what belongs to one member: the wrapper of an adapted layer, its merging, and the body of a partial property.</summary>
internal static class WrapperWriter
{
    /// <summary>The field behind a partial property.</summary>
    public static string StorageOf(string property) => "_stored" + property;

    public static void Write(MemberSpec member, SourceWriter writer)
    {
        if (member.PartialProperty is { } property)
        {
            string field = StorageOf(property.Name.TrimStart('@'));
            writer.Gap();
            writer.Line(ModelWriter.GeneratedCode);
            writer.Line($"private {property.FieldModifiers}{property.Type} {field} = null!;");
            writer.Line("");
            writer.Line($"{property.Modifiers} {property.Type} {property.Name} {{ get => {field};{property.Setter.Replace("{0}", field)} }}");
        }

        if (member.Adapter is not { } lora)
        {
            return;
        }

        string layer = lora.IsEmbedding ? "Embedding" : "Linear";
        string name = member.Name.TrimStart('@');
        string scaling = lora.UseRsLora ? $"{Lit.Float(lora.Alpha).TrimEnd('f')} / √{lora.Rank}" : $"{Lit.Float(lora.Alpha).TrimEnd('f')} / {lora.Rank}";
        string stub = StubWriter.Throw($"'{name}' cannot carry an adapter");
        string wrapper = lora.IsStub ? stub : $"global::Lora.ModelState.Of(this).Wrapper({member.Name}, \"{member.StateName}\")";
        if (lora.WrapperName is not null)
        {
            string summary = lora.IsStub ? $"Stands in for the adapter of <c>{name}</c>, which cannot carry one." : $"The frozen <c>{name}</c> with its adapter: by default rank {lora.Rank}, scaling {scaling}.";
            writer.Gap();
            writer.Line($"/// <summary>{summary}</summary>");
            writer.Line(ModelWriter.GeneratedCode);
            writer.Line($"public global::Lora.Lora{layer} {lora.WrapperName} => {wrapper};");
        }

        if (lora.MergeName is not null)
        {
            writer.Gap();
            writer.Line($"/// <summary>A new plain layer: <c>{name}</c> with its adapter folded in.</summary>");
            writer.Line(ModelWriter.GeneratedCode);
            writer.Line($"public global::Lora.{layer} {lora.MergeName}() => {(lora.IsStub ? stub : $"{lora.WrapperName ?? wrapper}.Merge()")};");
        }
    }
}
