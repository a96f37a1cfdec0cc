namespace Lora.Generators;

/// <summary>Writes the forward pass of a training step: the user's body, with what the backward pass reads saved on the way.</summary>
internal sealed class TrainingWriter(MethodIr method, MethodPlan plan, SavedLayout layout) : BodyWriter(method, plan, layout)
{
    private SavedRegion _region = layout.Root;

    public SourceWriter Write()
    {
        FindSources(Method.Body!);
        foreach (ParameterIr parameter in Method.Parameters)
        {
            if (parameter.Kind == ParameterKind.Tensor && Layout.IsSaved(parameter.Value))
            {
                string kept = Plan.IsRead(parameter.Value) ? $"work.Keep({parameter.Name})" : parameter.Name;
                Writer.Line($"{Layout.Value(parameter.Value)} = {kept};");
            }
        }

        WriteBlock(Method.Body!);
        return Writer;
    }

    private void WriteBlock(BlockIr block)
    {
        foreach (StatementIr statement in block.Statements)
        {
            // The backward asks by this flag how far the block was run.
            if (Layout.Captured(_region, statement, "passed") is { } passed)
            {
                Writer.Line($"{passed} = false;");
            }
        }

        foreach (StatementIr statement in block.Statements)
        {
            Write(statement);
            foreach (int dropped in Plan.DropsAfter(statement))
            {
                Writer.Line($"work.Drop({Name(dropped)});");
            }

            if (Layout.Captured(_region, statement, "passed") is { } passed)
            {
                Writer.Line($"{passed} = true;");
            }
        }
    }

    private void Write(StatementIr statement)
    {
        switch (statement)
        {
            case CallIr { Callee: OperationIr operation } call:
                WriteSource(call);
                WriteOperation(call, operation);
                break;
            case CallIr { Callee: MethodCallIr callee } call:
                WriteSource(call);
                WriteMethodCall(call, callee);
                break;
            case ArithmeticIr arithmetic:
                WriteArithmetic(arithmetic);
                break;
            case ConstantIr constant:
                WriteConstant(constant);
                break;
            case DeclareIr declaration:
                Writer.Line($"{TypeOf(declaration.Variable)} {Name(declaration.Variable)};");
                break;
            case AssignIr assignment:
                string declared = assignment.Declares ? TypeOf(assignment.Variable) + " " : "";
                Writer.Line($"{declared}{Name(assignment.Variable)} = {Text(assignment.From)};");
                break;
            case PlainIr plain:
                Writer.Line(plain.Text);
                break;
            case IfIr branch:
                WriteBranch(branch);
                break;
            case LoopIr loop:
                WriteLoop(loop);
                break;
            case ReturnIr returned:
                WriteReturn(returned);
                break;
            case JumpIr jump:
                Writer.Line(jump.IsBreak ? "break;" : "continue;");
                break;
        }
    }

    private string TypeOf(int value) => Method.Values[value].IsTensor ? SavedLayout.Tensor(Method.Values[value].IsNullable) : "float";

    private string Text(OperandIr operand) => operand.IsValue ? Name(operand.Value) : operand.Text;

    private string Saving(int value) => Layout.IsSaved(value) ? $"var {Name(value)} = {Layout.Value(value)} = " : $"var {Name(value)} = ";

    private void WriteOperation(CallIr call, OperationIr operation)
    {
        string target = operation.Receiver?.Text ?? operation.Target;
        WriteCaptures(call, operation.Receiver);
        WriteReads(call);
        string arguments = string.Join(", ", call.Arguments.Select(argument => Argument(call, argument)));
        string Call(string method, string more = "", string typeArgument = "") =>
            $"{target}.{Naming.Escape(method)}{typeArgument}({string.Join(", ", new[] { arguments, more }.Where(part => part.Length > 0))})";

        string saved = "";
        if (operation.Saves is { } saves)
        {
            saved = Layout.Capture(_region, call, "saved", "global::Lora.Tensor", Name(call.Result) + "Saved");
            Writer.Line($"{saved} = work.Rent({Call(saves)});");
        }

        if (!operation.ReturnsTensor)
        {
            Writer.Line($"{Saving(call.Result)}work.Computes ? {(operation.Into is { } number ? Call(number, saved, TypeArgument(operation)) : Call(operation.Primal))} : 0f;");
            return;
        }

        string needs = NeedsGradient(call, operation);
        string separator = needs.Length == 0 ? "" : ", ";
        string first = call.Arguments.FirstOrDefault(argument => argument.Kind == ArgumentKind.Tensor) is { } tensor ? Argument(call, tensor) : "null!";
        if (operation.Into is not { } into)
        {
            string run = Call(operation.Primal);
            string outside = operation.Shape is { } ofResult ? Call(ofResult) : first;
            string made = outside == "null!" ? run : $"work.Computes ? {run} : global::Lora.Workspace.Outside({outside})";
            Writer.Line($"{Saving(call.Result)}work.Alias({made}, needsGradient: {(needs.Length == 0 ? "false" : needs.Replace("needsGradient: ", ""))});");
            return;
        }

        string shape = operation.Shape is { } shapeMethod ? Call(shapeMethod) : first;
        int overwritten = Plan.OverwrittenBy(call);
        string rent = overwritten != OperandIr.None ? $"work.RentOver({Name(overwritten)}, {shape}{separator}{needs})"
            : operation.Shape is null ? $"work.RentLike({shape}{separator}{needs})"
            : $"work.Rent({shape}{separator}{needs})";
        Writer.Line($"{Saving(call.Result)}{rent};");
        string result = saved.Length == 0 ? Name(call.Result) : $"{Name(call.Result)}, {saved}";
        Writer.Line($"if (work.Computes) {Call(into, result, TypeArgument(operation))};");
    }

    private string NeedsGradient(CallIr call, OperationIr operation)
    {
        if (Plan.ActivityOf(call.Result) == Activity.Always)
        {
            return "needsGradient: true";
        }

        if (Plan.ActivityOf(call.Result) == Activity.Never)
        {
            return "";
        }

        var terms = new List<string>();
        foreach (ArgumentIr argument in MethodPlan.DifferentiableArguments(call))
        {
            if (argument.Kind == ArgumentKind.Tensor && Plan.ActivityOf(argument.Value) != Activity.Never)
            {
                terms.Add(Plan.ActivityOf(argument.Value) == Activity.Always ? "true"
                    : Method.Values[argument.Value].IsNullable ? $"{Name(argument.Value)} is {{ NeedsGradient: true }}"
                    : $"{Name(argument.Value)}.NeedsGradient");
            }
            else if (argument.Kind == ArgumentKind.Number)
            {
                terms.Add("true");
            }
        }

        terms.AddRange(MethodPlan.Trainabilities(operation, call));
        return terms.Contains("true") ? "needsGradient: true" : "needsGradient: " + string.Join(" || ", terms.Distinct());
    }

    // Saves what the arguments are now, where the backward asks for it.
    private void WriteCaptures(CallIr call, ArgumentIr? receiver)
    {
        if (receiver is not null && Layout.Captured(_region, call, "receiver") is { } layer)
        {
            Writer.Line($"{layer} = {receiver.Text};");
        }

        foreach (ArgumentIr argument in call.Arguments)
        {
            // A random key is drawn once, whoever reads it.
            string? field = argument.Kind == ArgumentKind.RandomKey
                ? Layout.Capture(_region, call, argument.Parameter, argument.Type, argument.Parameter)
                : Layout.Captured(_region, call, argument.Parameter);
            if (field is null)
            {
                continue;
            }

            string value = argument.Kind switch
            {
                ArgumentKind.Tensor when Plan.IsRead(argument.Value) => $"work.Keep({Argument(call, argument)})",
                ArgumentKind.Tensor or ArgumentKind.Number => Argument(call, argument),
                _ => argument.Text,
            };
            Writer.Line(argument.Kind == ArgumentKind.Indices ? $"{field}.Set({value});" : $"{field} = {value};");
        }
    }

    // Says what the backward reads, where that does not simply stay: it is made again, or read only where a layer is trained.
    private void WriteReads(CallIr call)
    {
        string? isTrained = Plan.TrainingThatReads(call);
        foreach (int read in Plan.ReadsOf(call).Where(read => !Plan.IsRead(read)).Distinct())
        {
            string condition = isTrained is null ? "" : ", " + isTrained;
            Writer.Line(Plan.RemakerOf(read) is null ? $"work.KeepWhere({Name(read)}{condition});" : $"work.KeepOrRemake({Name(read)}{condition});");
        }
    }

    private string Argument(CallIr call, ArgumentIr argument) => argument.Kind switch
    {
        ArgumentKind.NullTensor => "null",
        ArgumentKind.Tensor or ArgumentKind.Number => Name(argument.Value) + (Method.Values[argument.Value].IsNullable ? "!" : ""),
        ArgumentKind.RandomKey => Layout.Captured(_region, call, argument.Parameter) ?? argument.Text,
        _ => argument.Text,
    };

    private void WriteMethodCall(CallIr call, MethodCallIr callee)
    {
        if (callee.Receiver is { } receiver)
        {
            WriteCaptures(call, receiver);
        }

        string target = callee.Receiver is null ? callee.Target + "." : callee.Receiver.Text == "this" ? "" : callee.Receiver.Text + ".";
        string saved = Layout.Callee(_region, call, callee);
        IEnumerable<string> arguments = call.Arguments.Select(argument => Argument(call, argument)).Concat([saved, "work"]);
        Writer.Line($"{Saving(call.Result)}{target}{callee.Name}Training({string.Join(", ", arguments)});");
    }

    private void WriteArithmetic(ArithmeticIr arithmetic)
    {
        foreach ((OperandIr? operand, string side) in new[] { (arithmetic.Left, "left"), (arithmetic.Right, "right") })
        {
            if (operand is not null && Layout.Captured(_region, arithmetic, side) is { } field)
            {
                Writer.Line($"{field} = {Text(operand)};");
            }
        }

        string text = arithmetic.Right is { } right
            ? $"{Operand(arithmetic.Left)} {arithmetic.Operator} {Operand(right)}"
            : $"-{Operand(arithmetic.Left)}";
        Writer.Line($"{Saving(arithmetic.Result)}{text};");
    }

    private string Operand(OperandIr operand) =>
        operand.IsValue || operand.Text.All(letter => char.IsLetterOrDigit(letter) || letter is '_' or '.') ? Text(operand) : $"({operand.Text})";

    private void WriteConstant(ConstantIr constant)
    {
        ValueIr value = Method.Values[constant.Result];
        string text = constant.IsStopped && value.IsTensor ? $"work.Alias({constant.Text}, needsGradient: false)" : constant.Text;
        if (!Plan.IsUsed(constant.Result) && !Layout.IsSaved(constant.Result))
        {
            // What the user's body assigns and never reads is evaluated for its effects alone.
            Writer.Line($"_ = {(constant.Text == "null" ? "default(global::Lora.Tensor)" : text)};");
        }
        else if (constant.Text == "null")
        {
            Writer.Line($"global::Lora.Tensor? {value.Name} = null;");
        }
        else
        {
            Writer.Line($"{Saving(constant.Result)}{text};");
        }
    }

    private void WriteBranch(IfIr branch)
    {
        string? taken = Layout.Captured(_region, branch, "taken");
        if (taken is not null)
        {
            Writer.Gap();
            Writer.Line($"{taken} = false;");
        }
        else
        {
            Writer.Gap();
        }

        Writer.Open($"if ({branch.Condition})");
        if (taken is not null)
        {
            Writer.Line($"{taken} = true;");
        }

        WriteBlock(branch.Then);
        Writer.Close();
        if (branch.Else is { } otherwise)
        {
            Writer.Open("else");
            WriteBlock(otherwise);
            Writer.Close();
        }

        Writer.Gap();
    }

    private void WriteLoop(LoopIr loop)
    {
        SavedRegion outer = _region;
        SavedRegion region = Layout.RegionOf(loop);
        region.IsUsed |= MethodPlan.Walk(loop.Body).Any(statement => statement is CallIr { Callee: MethodCallIr } or LoopIr
            || (statement is CallIr { Callee: OperationIr { Saves: not null } })
            || (statement is CallIr call && call.Arguments.Any(argument => argument.Kind == ArgumentKind.RandomKey)));
        Writer.Gap();
        if (region.IsUsed)
        {
            Writer.Line($"{region.List}.Clear();");
        }

        Writer.Open(loop.Header);
        if (region.IsUsed)
        {
            Writer.Line($"var {region.Variable} = {region.List}.Next();");
        }

        _region = region;
        WriteBlock(loop.Body);
        _region = outer;
        Writer.Close();
        Writer.Gap();
    }

    private void WriteReturn(ReturnIr returned)
    {
        string text = Text(returned.Value);
        if (Method.ReturnsTensor && returned.Value.IsValue)
        {
            if (!Plan.IsMadeUnread(returned.Value.Value))
            {
                text = $"work.Keep({text})";
            }
        }

        Writer.Gap();
        Writer.Line($"return {text};");
    }
}
