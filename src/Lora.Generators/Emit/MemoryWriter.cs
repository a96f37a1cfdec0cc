namespace Lora.Generators;

/// <summary>Writes the member that says what a training step will take: the two passes, walked with shapes in place of tensors.</summary>
internal static class MemoryWriter
{
    public static void Write(MethodIr method, string name, ModelSpec model, SourceWriter writer)
    {
        // Overloads that take a number, and that many integers, would be told apart by nothing: the first has the member.
        if (model.Methods.TakeWhile(other => !ReferenceEquals(other, method)).Any(other => !other.ReturnsTensor && Key(other) == Key(method)))
        {
            return;
        }

        string work = MethodWriter.Local("work", method);
        string saved = MethodWriter.Local("saved", method);
        writer.Gap();
        writer.Line($"/// <summary>The memory that training on <c>{name}</c> takes, known before the first step: nothing is computed, and no weight is read.</summary>");
        foreach (ParameterIr parameter in method.Parameters)
        {
            string what = parameter.Kind switch
            {
                ParameterKind.Tensor => "The shape of",
                ParameterKind.Indices => "The number of",
                _ => "As",
            };
            writer.Line($"/// <param name=\"{parameter.Name.TrimStart('@')}\">{what} <c>{parameter.Name.TrimStart('@')}</c>.</param>");
        }

        writer.Line("/// <returns>The bytes by what they are for; those of the optimizer are Adam's.</returns>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open(Signature(method, name));
        writer.Line($"var {work} = global::Lora.ModelState.Of(this).Measure();");
        writer.Line($"var {saved} = new {method.SavedType}();");
        writer.Line("do");
        writer.Open();
        writer.Line($"{name}Training({string.Concat(method.Parameters.Select(parameter => Argument(parameter) + ", "))}{saved}, {work});");
        writer.Line($"{name}Backward(1f, {saved}, {work});");
        writer.Close();
        writer.Line($"while ({work}.NeedsMore());");
        writer.Line("");
        writer.Line($"return global::Lora.ModelMemory.OfStep(this, {work});");
        writer.Close();
    }

    public static string Signature(MethodIr method, string name) =>
        $"{method.Accessibility} global::Lora.ModelMemory {name}Memory{method.TypeParameters}({string.Join(", ", method.Parameters.Select(Declaration))})";

    private static string Key(MethodIr method) => $"{method.Name}({string.Join(", ", method.Parameters.Select(Type))})";

    private static string Declaration(ParameterIr parameter) => (parameter with { Type = Type(parameter) }).Declaration;

    private static string Type(ParameterIr parameter) => parameter.Kind switch
    {
        ParameterKind.Tensor => "global::Lora.TensorShape" + (parameter.Type.EndsWith("?", StringComparison.Ordinal) ? "?" : ""),
        ParameterKind.Indices => "int",
        _ => parameter.Type,
    };

    private static string Argument(ParameterIr parameter) => parameter.Kind switch
    {
        ParameterKind.Tensor => $"global::Lora.Workspace.Outside({parameter.Name})",
        ParameterKind.Indices => $"new int[{parameter.Name}]",
        _ => parameter.Name,
    };
}
