namespace Lora.Generators;

/// <summary>Writes what belongs to one member: the wrapper of an adapted layer, its merging, and the body of a partial property.</summary>
internal static class WrapperWriter
{
    public static void Write(MemberSpec member, SourceWriter writer)
    {
        if (member.PartialProperty is { } property)
        {
            string field = $"_stored{property.Name.TrimStart('@')}";
            writer.Gap();
            writer.Line(ModelWriter.GeneratedCode);
            writer.Line($"private {property.Type} {field} = null!;");
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
        writer.Gap();
        writer.Line($"/// <summary>The frozen <c>{name}</c> with its adapter: by default rank {lora.Rank}, scaling {scaling}.</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Line($"public global::Lora.Lora{layer} {lora.WrapperName} => global::Lora.ModelState.Of(this).Wrapper({member.Name}, \"{member.StateName}\");");
        writer.Line("");
        writer.Line($"/// <summary>A new plain layer: <c>{name}</c> with its adapter folded in.</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Line($"public global::Lora.{layer} {lora.MergeName}() => {lora.WrapperName}.Merge();");
    }
}
