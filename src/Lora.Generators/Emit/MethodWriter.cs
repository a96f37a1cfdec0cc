using System.Text.RegularExpressions;

namespace Lora.Generators;

/// <summary>Writes what belongs to one differentiable method: what users call, the two passes, and what goes between them.</summary>
internal static class MethodWriter
{
    private const int FieldsPerLine = 6;

    public static void Write(MethodIr method, ModelSpec model, SourceWriter writer, SortedSet<int> ranks)
    {
        string name = method.Name.TrimStart('@');
        if (method.Body is null)
        {
            new StubWriter(method, name, model, writer).Write();
            return;
        }

        if (method.HasRoot && model.HasState)
        {
            if (method.ReturnsTensor)
            {
                WritePullback(method, name, model, writer);
            }
            else
            {
                WriteGradients(method, name, writer);
                MemoryWriter.Write(method, name, model, writer);
            }
        }

        foreach (CallIr call in MethodPlan.Walk(method.Body).OfType<CallIr>())
        {
            if (call.Callee is OperationIr { Rank: > 0 and int rank })
            {
                ranks.Add(rank);
            }
        }

        if (method.IsCheckpointed)
        {
            CheckpointWriter.Write(method, name, writer);
            return;
        }

        var plan = new MethodPlan(method);
        var layout = new SavedLayout(method, method.SavedType);
        SourceWriter backward = new BackwardWriter(method, plan, layout).Write();
        SourceWriter training = new TrainingWriter(method, plan, layout).Write();

        Head(writer, $"The forward pass of a training step through <c>{name}</c>: saves what <see cref=\"{BackwardCref(method, name)}\"/> reads.");
        writer.Open(TrainingSignature(method, name));
        writer.Append(training);
        writer.Close();

        Head(writer, $"The backward pass through <c>{name}</c>: adds the gradients of what is trainable, and of the tensors that need one.");
        writer.Open(BackwardSignature(method, name));
        writer.Append(backward);
        writer.Close();

        Head(writer, $"What the backward pass through <c>{name}</c> reads.");
        WriteRegion(layout.Root, SavedAccessibility(method), training.ToString(), writer);
    }

    internal static void Head(SourceWriter writer, string summary)
    {
        writer.Gap();
        writer.Line($"/// <summary>{summary}</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Line(ModelWriter.Hidden);
    }

    internal static string BackwardCref(MethodIr method, string name) => $"{name}Backward({(method.ReturnsTensor ? "" : "float, ")}{method.SavedType}, global::Lora.Workspace)";

    // What a caller saves holds what its callees save, so that none is less accessible than internal.
    internal static string SavedAccessibility(MethodIr method) => method.Accessibility == "public" ? "public" : "internal";

    private static string Static(MethodIr method) => method.IsStatic ? "static " : "";

    private static string Parameters(MethodIr method) => string.Concat(method.Parameters.Select(parameter => $"{parameter.Type} {parameter.Name}, "));

    internal static string TrainingSignature(MethodIr method, string name) => ForwardSignature(method, name + "Training" + method.TypeParameters, method.SavedType, method.Accessibility);

    internal static string BackwardSignature(MethodIr method, string name) =>
        BackwardSignature(method, name + "Backward", method.SavedType, method.Accessibility);

    internal static string ForwardSignature(MethodIr method, string name, string saved, string accessibility) =>
        $"{accessibility} {Static(method)}{(method.ReturnsTensor ? "global::Lora.Tensor" : "float")} {name}({Parameters(method)}{saved} saved, global::Lora.Workspace work)";

    internal static string BackwardSignature(MethodIr method, string name, string saved, string accessibility) =>
        $"{accessibility} {Static(method)}void {name}({(method.ReturnsTensor ? "" : "float gradResult, ")}{saved} saved, global::Lora.Workspace work)";

    private static void WriteGradients(MethodIr method, string name, SourceWriter writer)
    {
        writer.Gap();
        writer.Line($"/// <summary>Runs <c>{name}</c> forward and backward: adds to the gradients of the trainable parameters.</summary>");
        writer.Line($"/// <returns>The value of <c>{name}</c>.</returns>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open($"{method.Accessibility} float {name}AndGradients({string.Join(", ", method.Parameters.Select(parameter => parameter.Declaration))})");
        string state = Local("state", method);
        string call = Local("call", method);
        string saved = Local("saved", method);
        string value = Local("value", method);
        writer.Line($"var {state} = global::Lora.ModelState.Of(this);");
        writer.Line($"using var {call} = {state}.BeginCall();");
        writer.Line($"var {saved} = {state}.Saved<{method.SavedType}>();");
        writer.Line($"float {value} = {name}Training({string.Concat(method.Parameters.Select(parameter => parameter.Name + ", "))}{saved}, {call}.Workspace);");
        writer.Line($"{name}Backward(1f, {saved}, {call}.Workspace);");
        writer.Line($"return {value};");
        writer.Close();
    }

    internal static string Local(string wanted, MethodIr method)
    {
        string name = wanted;
        for (int i = 2; method.Parameters.Any(parameter => parameter.Name == name); i++)
        {
            name = wanted + i;
        }

        return name;
    }

    private static void WritePullback(MethodIr method, string name, ModelSpec model, SourceWriter writer)
    {
        ParameterIr[] inputs = [.. PullbackInputs(method)];
        string pullback = GeneratedNames.PullbackOf(method.SavedType);
        TypeSpec own = model.Types[model.Types.Count - 1];
        string state = Local("state", method);
        string call = Local("call", method);
        string saved = Local("saved", method);
        string value = Local("value", method);
        string Input(ParameterIr parameter) => Local(parameter.Name.TrimStart('@') + "Input", method);

        writer.Gap();
        writer.Line($"/// <summary>Runs <c>{name}</c> forward, and hands out its value with the backward pass. Valid until the next training call on the model.</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open($"{method.Accessibility} {pullback} {name}WithPullback({string.Join(", ", method.Parameters.Select(parameter => parameter.Declaration))})");
        writer.Line($"var {state} = global::Lora.ModelState.Of(this);");
        writer.Line($"using var {call} = {state}.BeginCall();");
        writer.Line($"var {saved} = {state}.Saved<{method.SavedType}>();");
        foreach (ParameterIr input in inputs)
        {
            writer.Line($"var {Input(input)} = {call}.Workspace.Alias({input.Name}, needsGradient: true);");
        }

        string arguments = string.Concat(method.Parameters.Select(parameter => (inputs.Contains(parameter) ? Input(parameter) : parameter.Name) + ", "));
        writer.Line($"var {value} = {call}.Workspace.Pin({name}Training({arguments}{saved}, {call}.Workspace));");
        writer.Line($"return new {pullback}(this, {call}.Number, {value}, {saved}{string.Concat(inputs.Select(input => ", " + Input(input)))});");
        writer.Close();

        writer.Gap();
        writer.Line($"/// <summary>The value of <c>{name}</c>, and its backward pass.</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open($"{method.Accessibility} readonly struct {pullback}");
        writer.Line($"private readonly {own.Name}{own.TypeParameters} _model;");
        writer.Line("private readonly int _number;");
        writer.Line($"private readonly {method.SavedType} _saved;");
        foreach (ParameterIr input in inputs)
        {
            writer.Line($"private readonly {input.Type} {InputField(input)};");
        }

        writer.Gap();
        writer.Open($"internal {pullback}({own.Name}{own.TypeParameters} model, int number, global::Lora.Tensor value, {method.SavedType} saved{string.Concat(inputs.Select(input => $", {input.Type} {InputParameter(input)}"))})");
        writer.Line("_model = model;");
        writer.Line("_number = number;");
        writer.Line("_saved = saved;");
        writer.Line("Value = value;");
        foreach (ParameterIr input in inputs)
        {
            writer.Line($"{InputField(input)} = {InputParameter(input)};");
        }

        writer.Close();
        writer.Gap();
        writer.Line($"/// <summary>The value of <c>{name}</c>.</summary>");
        writer.Line("public global::Lora.Tensor Value { get; }");

        writer.Gap();
        writer.Line("/// <summary>Adds to the gradients of the trainable parameters.</summary>");
        writer.Line("/// <param name=\"gradient\">The gradient of the value.</param>");
        if (inputs.Length > 0)
        {
            writer.Line($"/// <returns>The gradient of {string.Join(", ", inputs.Select(input => $"<c>{input.Name.TrimStart('@')}</c>"))}.</returns>");
        }

        writer.Open($"public {PullbackResult(inputs)} Backward(global::Lora.Tensor gradient)");
        writer.Line("using var call = global::Lora.ModelState.Of(_model).ResumeCall(_number);");
        writer.Line("call.Workspace.Seed(Value, gradient);");
        writer.Line($"_model.{name}Backward(_saved, call.Workspace);");
        string Gradient(ParameterIr input)
        {
            string field = InputField(input);
            string gradient = input.Type.EndsWith("?", StringComparison.Ordinal) ? "GradientInto" : "InputGradient";
            return $"call.Workspace.Pin(call.Workspace.{gradient}({field}))";
        }

        if (inputs.Length == 1)
        {
            writer.Line($"return {Gradient(inputs[0])};");
        }
        else if (inputs.Length > 1)
        {
            writer.Line($"return ({string.Join(", ", inputs.Select(Gradient))});");
        }

        writer.Close();
        writer.Close();
    }

    internal static IEnumerable<ParameterIr> PullbackInputs(MethodIr method) =>
        method.Parameters.Where(parameter => parameter is { Kind: ParameterKind.Tensor, IsDifferentiable: true });

    internal static string PullbackResult(ParameterIr[] inputs) => inputs.Length switch
    {
        0 => "void",
        1 => inputs[0].Type,
        _ => $"({string.Join(", ", inputs.Select(input => $"{input.Type} {Naming.Capitalize(input.Name.TrimStart('@'))}"))})",
    };

    private static string InputField(ParameterIr input) =>
        "_" + input.Name.TrimStart('@') + (input.Name.TrimStart('@') is "model" or "number" or "saved" ? "Input" : "");

    private static string InputParameter(ParameterIr input) =>
        input.Name.TrimStart('@') is "model" or "number" or "value" or "saved" ? input.Name.TrimStart('@') + "Input" : input.Name;

    // The fields stand in the order in which the forward pass fills them.
    internal static void WriteRegion(SavedRegion region, string accessibility, string training, SourceWriter writer, Action<SourceWriter>? writeNested = null)
    {
        writer.Open($"{accessibility} sealed class {region.ClassName}");
        int Position(SavedField field) => Regex.Match(training, $@"\b{region.Variable}\.{field.Name}\b") is { Success: true } match ? match.Index : int.MaxValue;
        SavedField[] ordered = [.. region.Fields.OrderBy(Position)];
        foreach (IGrouping<string, SavedField> fields in ordered.Where(field => field.Made is null).GroupBy(field => field.Type))
        {
            WriteFields(fields.Key, [.. fields.Select(field => field.Name)], writer);
        }

        foreach (SavedField field in ordered.Where(field => field.Made is not null))
        {
            writer.Line($"internal readonly {field.Type} {field.Name} = {(field.Type == field.Made ? "new()" : $"new {field.Made}()")};");
        }

        foreach ((string name, SavedRegion inner) in region.Loops)
        {
            if (inner.IsUsed)
            {
                writer.Line($"internal readonly global::Lora.Iterations<{inner.ClassName}> {name} = new();");
            }
        }

        foreach (SavedRegion inner in Descendants(region).Where(inner => inner.IsUsed && region.List.Length == 0))
        {
            writer.Gap();
            WriteRegion(inner, "internal", training, writer);
        }

        if (writeNested is not null)
        {
            writer.Gap();
            writeNested(writer);
        }

        writer.Close();
    }

    private static IEnumerable<SavedRegion> Descendants(SavedRegion region) =>
        region.Loops.SelectMany(loop => Descendants(loop.Region).Prepend(loop.Region));

    private static void WriteFields(string type, string[] names, SourceWriter writer)
    {
        bool hasDefault = type.EndsWith("?", StringComparison.Ordinal) || type is "int" or "bool" or "float" or "long" or "double" or "byte" or "global::Lora.RandomKey";
        for (int start = 0; start < names.Length; start += FieldsPerLine)
        {
            IEnumerable<string> line = names.Skip(start).Take(FieldsPerLine).Select(name => hasDefault ? name : name + " = default!");
            writer.Line($"internal {type} {string.Join(", ", line)};");
        }
    }
}
