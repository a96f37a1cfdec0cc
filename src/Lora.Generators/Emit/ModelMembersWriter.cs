namespace Lora.Generators;

/// <summary>Writes the members that every model has.</summary>
internal static class ModelMembersWriter
{
    private static readonly (string Type, string Signature, string Call)[] _members =
    [
        ("global::System.Collections.Generic.IReadOnlyList<global::Lora.Parameter>", "TrainableParameters", "TrainableParameters"),
        ("global::Lora.ParameterCount", "CountParameters()", "CountParameters()"),
        ("global::System.Collections.Generic.IReadOnlyList<string>", "ApplyLora(global::Lora.LoraOptions options)", "ApplyLora(options)"),
        ("void", "MergeAdapters(bool keepOriginals = true)", "MergeAdapters(keepOriginals)"),
        ("void", "UnmergeAdapters()", "UnmergeAdapters()"),
        ("global::System.Collections.Generic.IReadOnlyList<(string Path, global::Lora.Linear Linear)>", "NamedLinears()", "NamedLinears()"),
        ("global::System.Collections.Generic.IReadOnlyDictionary<string, global::Lora.Tensor>", "StateDict()", "StateDict()"),
        ("void", "LoadStateDict(global::System.Collections.Generic.IReadOnlyDictionary<string, global::Lora.Tensor> state)", "LoadStateDict(state)"),
        ("global::System.IDisposable", "TrainingMode(int step)", "TrainingMode(step)"),
    ];

    public static void Write(ModelSpec model, SourceWriter writer)
    {
        foreach ((string type, string signature, string call) in _members)
        {
            bool isTaken = model.TakenNames.Contains(signature.Split('(')[0]);
            writer.Gap();
            writer.Line("/// <inheritdoc/>");
            writer.Line(ModelWriter.GeneratedCode);
            writer.Line($"{(isTaken ? $"{type} global::Lora.ILoraModel.{signature.Replace(" = true", "")}" : $"public {type} {signature}")} => global::Lora.ModelState.Of(this).{call};");
        }

        writer.Gap();
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open("void global::Lora.ILoraModel.VisitLayers(global::Lora.LayerVisitor visitor)");
        foreach (MemberSpec member in model.Members.Where(member => member.IsVisited))
        {
            writer.Line($"visitor.Visit(\"{member.StateName}\", {member.Name}{Settings(member)});");
        }

        writer.Close();
    }

    private static string Settings(MemberSpec member)
    {
        string trainable = member.IsTrainable ? ", isTrainable: true" : "";
        if (member.Adapter is not { } lora)
        {
            return trainable;
        }

        string init = lora.Init == "KaimingUniform" ? "" : $", Init = global::Lora.LoraInit.{lora.Init}";
        string rsLora = lora.UseRsLora ? ", UseRsLora = true" : "";
        string dora = lora.UseDora ? ", UseDora = true" : "";
        string dropout = lora.Dropout == 0 ? "" : $", Dropout = {Lit.Float(lora.Dropout)}";
        return $", new global::Lora.LoraSettings {{ Rank = {lora.Rank}, Alpha = {Lit.Float(lora.Alpha)}{init}{rsLora}{dora}{dropout} }}{trainable}";
    }
}
