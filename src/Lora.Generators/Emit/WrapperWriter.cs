using System.Globalization;

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
            writer.Line($"{property.Modifiers}{property.Type} {property.Name} {{ {property.Accessors.Replace("{0}", field)} }}");
        }

        if (member.Adapter is not { } lora)
        {
            return;
        }

        string layer = lora.IsEmbedding ? "Embedding" : "Linear";
        string name = member.Name.TrimStart('@');
        string stub = StubWriter.Throw($"'{name}' cannot carry an adapter");
        string wrapper = lora.IsStub ? stub : $"global::Lora.ModelState.Of(this).Wrapper({member.Name}, \"{member.StateName}\")";
        if (lora.WrapperName is not null)
        {
            string summary = lora.IsStub ? $"Stands in for the adapter of <c>{name}</c>, which cannot carry one." : Summary(name, lora);
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

    // The frozen _qProj, [.., 768] → [.., 768], with its adapter: by default rank 8, scaling 16 / 8 = 2, and 12,288 parameters for the weight's 589,824 (2.08 %).
    private static string Summary(string name, LoraSpec lora)
    {
        string alpha = Lit.Float(lora.Alpha).TrimEnd('f');
        string scaling = lora.UseRsLora
            ? $"{alpha} / √{lora.Rank} = {Rounded(lora.Alpha / Math.Sqrt(lora.Rank))}"
            : lora.Rank == 1 ? alpha : $"{alpha} / {lora.Rank} = {Rounded(lora.Alpha / lora.Rank)}";
        string shape = lora.Size is { } size ? $", {size.Shape}," : "";
        string count = lora.Size is { } known ? $", and {known.Trainable} parameters for the weight's {known.Weight}{(known.Share is { } share ? $" ({share} %)" : "")}" : "";
        return $"The frozen <c>{name}</c>{shape} with its adapter: by default rank {lora.Rank}, scaling {scaling}{count}.";
    }

    private static string Rounded(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
