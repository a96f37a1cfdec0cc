namespace Lora.Generators;

/// <summary>
/// Writes a checkpointed method: its two passes as a segment of their own, a forward pass that saves the arguments and forgets the rest, and a backward
/// pass that runs the segment again.
/// </summary>
internal static class CheckpointWriter
{
    private const string SegmentClass = "SegmentActivations";

    public static void Write(MethodIr method, string name, SourceWriter writer)
    {
        var plan = new MethodPlan(method);
        var layout = new SavedLayout(method, SegmentClass);
        SourceWriter segmentBackward = new BackwardWriter(method, plan, layout).Write();
        SourceWriter segment = new TrainingWriter(method, plan, layout).Write();
        string segmentType = $"{method.SavedType}.{SegmentClass}";

        var root = new SavedRegion(method.SavedType, "saved", "");
        root.Reserve(SegmentClass);
        string made = root.Add(SegmentClass, "Segment", SegmentClass);
        string checkpoint = root.Add("global::Lora.CheckpointedCall", "Checkpoint", "global::Lora.CheckpointedCall");
        var forward = new SourceWriter();
        var arguments = new List<string>();
        foreach (ParameterIr parameter in method.Parameters)
        {
            bool isIndices = parameter.Kind == ParameterKind.Indices;
            bool isPrivate = method.PrivateTypes.Contains(parameter.Type);
            string box = $"global::System.Runtime.CompilerServices.StrongBox<{parameter.Type}>";
            string type = isIndices ? "global::Lora.SavedIndices" : isPrivate ? "object" : parameter.Type;
            string field = "saved." + root.Add(type, Naming.Capitalize(parameter.Name.TrimStart('@')), isIndices ? type : isPrivate ? box : null);
            string value = isPrivate ? $"(({box}){field}).Value" : field;
            forward.Line(isIndices ? $"{field}.Set({parameter.Name});"
                : parameter.Kind == ParameterKind.Tensor ? $"{field} = work.Keep({parameter.Name});"
                : $"{value} = {parameter.Name};");
            arguments.Add(isIndices ? field + ".Span" : isPrivate ? value + "!" : field);
        }

        string passed = string.Concat(method.Parameters.Select(parameter => parameter.Name + ", "));
        forward.Line($"saved.{checkpoint}.Begin(work);");
        forward.Line($"return saved.{checkpoint}.End({name}Segment({passed}saved.{made}, work), work);");

        MethodWriter.Head(writer, $"The forward pass of a training step through <c>{name}</c>: saves the arguments alone, with which <see cref=\"{MethodWriter.BackwardCref(method, name)}\"/> runs it again.");
        writer.Open(MethodWriter.TrainingSignature(method, name));
        writer.Append(forward);
        writer.Close();

        string again = $"{name}Segment({string.Concat(arguments.Select(argument => argument + ", "))}saved.{made}, work)";
        MethodWriter.Head(writer, $"The backward pass through <c>{name}</c>: runs it forward once more, then adds the gradients of what is trainable, and of the tensors that need one.");
        writer.Open(MethodWriter.BackwardSignature(method, name));
        writer.Open($"if (saved.{checkpoint}.Repeat(work))");
        writer.Line(method.ReturnsTensor ? $"saved.{checkpoint}.Resume({again});" : $"{again};");
        writer.Line($"{name}SegmentBackward({(method.ReturnsTensor ? "" : "gradResult, ")}saved.{made}, work);");
        writer.Close();
        writer.Close();

        WriteHead(writer);
        writer.Open(MethodWriter.ForwardSignature(method, name + "Segment", segmentType, "private"));
        writer.Append(segment);
        writer.Close();

        WriteHead(writer);
        writer.Open(MethodWriter.BackwardSignature(method, name + "SegmentBackward", segmentType, "private"));
        writer.Append(segmentBackward);
        writer.Close();

        MethodWriter.Head(writer, $"What the backward pass through <c>{name}</c> reads.");
        MethodWriter.WriteRegion(root, MethodWriter.SavedAccessibility(method), forward.ToString(), writer, nested =>
            MethodWriter.WriteRegion(layout.Root, "internal", segment.ToString(), nested));
    }

    private static void WriteHead(SourceWriter writer)
    {
        writer.Gap();
        writer.Line(ModelWriter.GeneratedCode);
    }
}
