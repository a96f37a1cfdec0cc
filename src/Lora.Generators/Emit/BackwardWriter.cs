namespace Lora.Generators;

/// <summary>
/// Writes the backward pass: the statements in reverse order, each adding to the gradients of what it used. A tensor's gradient belongs to the
/// tensor itself, so that loops and branches need no more than to meet the same tensors again; the gradients of numbers are locals.
/// </summary>
internal sealed class BackwardWriter(MethodIr method, MethodPlan plan, SavedLayout layout) : BodyWriter(method, plan, layout)
{
    private readonly Dictionary<int, string> _inlineGradients = [];
    private readonly Dictionary<int, string> _gradientLocals = [];
    private readonly HashSet<string> _localNames = [];
    private readonly HashSet<int> _declared = [];
    private SavedRegion _region = layout.Root;
    private int _loopDepth;

    public SourceWriter Write()
    {
        FindSources(Method.Body!);
        SourceWriter body = Region(Layout.Root, () => Reverse(Method.Body!.Statements.ToArray()), declaresVariables: true);
        return body;
    }

    // Writes the reverse of a region, and before it the locals for the gradients of its numbers.
    private SourceWriter Region(SavedRegion region, Action write, bool declaresVariables = false)
    {
        SourceWriter outer = Writer;
        SavedRegion outerRegion = _region;
        var inner = new SourceWriter();
        Writer = inner;
        _region = region;
        write();
        Writer = outer;
        _region = outerRegion;

        var whole = new SourceWriter();
        foreach (KeyValuePair<int, string> local in _gradientLocals)
        {
            bool belongsHere = IsVariable(local.Key) ? declaresVariables : ReferenceEquals(Layout.RegionOf(local.Key), region);
            if (belongsHere && _declared.Add(local.Key))
            {
                whole.Line($"float {local.Value} = 0f;");
            }
        }

        whole.Append(inner);
        return whole;
    }

    private void Reverse(StatementIr[] statements)
    {
        int exit = Array.FindIndex(statements, MethodPlan.MayExit);
        if (exit < 0 || exit == statements.Length - 1)
        {
            foreach (StatementIr statement in Enumerable.Reverse(statements))
            {
                Reverse(statement);
            }

            return;
        }

        StatementIr[] rest = statements.Skip(exit + 1).ToArray();
        if (statements[exit] is IfIr { Else: null } branch && MethodPlan.AlwaysExits(branch.Then))
        {
            ReverseBranch(branch, branch.Then.Statements.ToArray(), rest);
        }
        else
        {
            SourceWriter reversed = Buffered(() => Reverse(rest));
            if (!reversed.IsEmpty)
            {
                Writer.Open($"if ({Layout.Capture(_region, statements[exit], "passed", "bool", "Passed")})");
                Writer.Append(reversed);
                Writer.Close();
            }

            Reverse(statements[exit]);
        }

        Reverse(statements.Take(exit).ToArray());
    }

    private void Reverse(StatementIr statement)
    {
        switch (statement)
        {
            case CallIr { Callee: OperationIr operation } call:
                ReverseOperation(call, operation);
                break;
            case CallIr { Callee: MethodCallIr callee } call:
                ReverseMethodCall(call, callee);
                break;
            case ArithmeticIr arithmetic:
                ReverseArithmetic(arithmetic);
                break;
            case AssignIr assignment when !Method.Values[assignment.Variable].IsTensor && Plan.ActivityOf(assignment.Variable) != Activity.Never:
                WriteSource(assignment);
                string gradient = GradientLocal(assignment.Variable);
                Contribute(assignment.From, gradient);
                Writer.Line($"{gradient} = 0f;");
                break;
            case ReturnIr { Value: { IsValue: true } returned } when !Method.ReturnsTensor:
                Contribute(returned, "gradResult");
                break;
            case IfIr branch:
                ReverseBranch(branch, branch.Then.Statements.ToArray(), branch.Else?.Statements.ToArray() ?? []);
                break;
            case LoopIr loop:
                ReverseLoop(loop);
                break;
        }
    }

    private SourceWriter Buffered(Action write)
    {
        SourceWriter outer = Writer;
        var inner = new SourceWriter();
        Writer = inner;
        write();
        Writer = outer;
        return inner;
    }

    private void ReverseBranch(IfIr branch, StatementIr[] then, StatementIr[] otherwise)
    {
        SourceWriter whenTrue = Buffered(() => Reverse(then));
        SourceWriter whenFalse = Buffered(() => Reverse(otherwise));
        if (whenTrue.IsEmpty && whenFalse.IsEmpty)
        {
            return;
        }

        string condition = branch.IsStable ? branch.Condition : Layout.Capture(_region, branch, "taken", "bool", "Taken");
        Writer.Gap();
        if (whenTrue.IsEmpty)
        {
            Writer.Open(branch.IsStable ? $"if (!({condition}))" : $"if (!{condition})");
            Writer.Append(whenFalse);
            Writer.Close();
            return;
        }

        Writer.Open($"if ({condition})");
        Writer.Append(whenTrue);
        Writer.Close();
        if (!whenFalse.IsEmpty)
        {
            Writer.Open("else");
            Writer.Append(whenFalse);
            Writer.Close();
        }
    }

    private void ReverseLoop(LoopIr loop)
    {
        SavedRegion region = Layout.RegionOf(loop);
        _loopDepth++;
        string index = _loopDepth == 1 ? "i" : "i" + _loopDepth;
        SourceWriter body = Region(region, () => Reverse(loop.Body.Statements.ToArray()));
        _loopDepth--;
        if (body.IsEmpty)
        {
            return;
        }

        region.IsUsed = true;
        WriteSource(loop);
        Writer.Open($"for (int {index} = {region.List}.Count - 1; {index} >= 0; {index}--)");
        Writer.Line($"var {region.Variable} = {region.List}[{index}];");
        Writer.Append(body);
        Writer.Close();
    }

    private void ReverseOperation(CallIr call, OperationIr operation)
    {
        if (!Plan.IsActive(call))
        {
            return;
        }

        WriteSource(call);
        bool isConditional = operation.ReturnsTensor && Plan.ActivityOf(call.Result) == Activity.Maybe;
        string target = Target(call, operation);
        var numbers = new List<(int Value, string Local)>();
        var gradients = new List<(string Local, string Value)>();
        string gradResult = operation.ReturnsTensor ? Gradient(call.Result, $"work.Gradient({Layout.Value(call.Result)})", gradients) : GradientOf(call.Result);
        string arguments = string.Join(", ", operation.BackwardParameters.Select(parameter => BackwardArgument(call, parameter, gradResult, numbers, gradients)));
        // Before the condition: what a number comes from may read them after it.
        foreach ((_, string local) in numbers)
        {
            Writer.Line($"float {local} = 0f;");
        }

        if (isConditional)
        {
            Writer.Open($"if ({Layout.Value(call.Result)}.NeedsGradient)");
        }

        foreach (CallIr made in Plan.ReadsOf(call).Distinct().Select(Plan.RemakerOf).OfType<CallIr>())
        {
            WriteRemake(made, (OperationIr)made.Callee);
        }

        foreach ((string local, string value) in gradients)
        {
            Writer.Line($"var {local} = {value};");
        }

        Writer.Line($"if (work.Computes) {target}.{Naming.Escape(operation.Backward)}{TypeArgument(operation)}({arguments});");
        foreach ((int value, string local) in numbers)
        {
            if (value != OperandIr.None)
            {
                Contribute(OperandIr.Of(value), local);
            }
        }

        if (isConditional)
        {
            Writer.Close();
            Writer.Gap();
        }

        var freed = new List<string>();
        if (operation.ReturnsTensor)
        {
            freed.Add(Layout.Value(call.Result));
        }

        if (operation.Saves is not null)
        {
            freed.Add(SavedBy(call));
        }

        if (freed.Count > 0)
        {
            Writer.Line($"work.Free({string.Join(", ", freed)});");
        }
    }

    private void WriteRemake(CallIr made, OperationIr operation)
    {
        string result = Layout.Value(made.Result);
        IEnumerable<string> arguments = made.Arguments.Select(argument => Argument(made, argument, argument.Parameter, argument.Parameter)).Append(result);
        if (operation.Saves is not null)
        {
            arguments = arguments.Append(SavedBy(made));
        }

        Writer.Line($"if (work.Remakes({result})) {Target(made, operation)}.{Naming.Escape(operation.Into!)}{TypeArgument(operation)}({string.Join(", ", arguments)});");
    }

    private string Target(CallIr call, OperationIr operation) =>
        operation.Receiver is { } receiver ? Argument(call, receiver, "receiver", "Layer") : operation.Target;

    private string SavedBy(CallIr call) => Layout.Capture(_region, call, "saved", "global::Lora.Tensor", Name(call.Result) + "Saved");

    private string BackwardArgument(
        CallIr call, BackwardParameterIr parameter, string gradResult, List<(int Value, string Local)> numbers, List<(string Local, string Value)> gradients)
    {
        switch (parameter.Role)
        {
            case BackwardRole.Result:
                return Layout.Value(call.Result);
            case BackwardRole.Saved:
                return SavedBy(call);
            case BackwardRole.ResultGradient:
                return gradResult;
        }

        ArgumentIr argument = call.Arguments.First(candidate => candidate.Parameter == parameter.Input);
        if (parameter.Role == BackwardRole.Input)
        {
            return Argument(call, argument, argument.Parameter, argument.Parameter);
        }

        if (parameter.IsReference)
        {
            string local = UniqueLocal("grad" + Naming.Capitalize(argument.Parameter));
            numbers.Add((argument.Kind == ArgumentKind.Number ? argument.Value : OperandIr.None, local));
            return "ref " + local;
        }

        if (argument.Kind != ArgumentKind.Tensor || (Plan.ActivityOf(argument.Value) == Activity.Never && parameter.IsNullable))
        {
            return "null";
        }

        string tensor = Argument(call, argument, argument.Parameter, argument.Parameter);
        string ask = parameter.IsShared ? $"SharedGradient({tensor}, {gradResult})"
            : Plan.IsOverwrittenByGradient(call, argument) ? $"GradientOver({tensor})"
            : Plan.ActivityOf(argument.Value) == Activity.Always || !parameter.IsNullable ? $"InputGradient({tensor})"
            : $"GradientInto({tensor})";
        return Gradient(argument.Value, $"work.{ask}", gradients);
    }

    private string Gradient(int of, string text, List<(string Local, string Value)> gradients)
    {
        string local = UniqueLocal("grad" + Naming.Capitalize(Name(of).TrimStart('@')));
        gradients.Add((local, text));
        return local;
    }

    // What the forward pass gave to a parameter.
    private string Argument(CallIr call, ArgumentIr argument, string what, string name)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.NullTensor:
                return "null";
            case ArgumentKind.Tensor or ArgumentKind.Number when !IsVariable(argument.Value):
                return Layout.Value(argument.Value) + (Method.Values[argument.Value].IsNullable ? "!" : "");
            case ArgumentKind.Tensor or ArgumentKind.Number:
                ValueIr variable = Method.Values[argument.Value];
                return Layout.Capture(_region, call, what, variable.IsTensor ? "global::Lora.Tensor" : "float", variable.Name);
            case ArgumentKind.Indices:
                return Layout.Capture(_region, call, what, "global::Lora.SavedIndices", name) + ".Span";
            default:
                return argument.IsStable ? argument.Text : Layout.Capture(_region, call, what, argument.Type, name);
        }
    }

    private void ReverseMethodCall(CallIr call, MethodCallIr callee)
    {
        WriteSource(call);
        string target = callee.Receiver is not { } receiver ? callee.Target
            : receiver.Text == "this" ? "" : Argument(call, receiver, "receiver", "Model");
        string saved = Layout.Callee(_region, call, callee);
        string gradient = callee.ReturnsTensor ? "" : GradientOf(call.Result) + ", ";
        if (!callee.ReturnsTensor && Plan.ActivityOf(call.Result) == Activity.Never)
        {
            return;
        }

        Writer.Line($"{(target.Length == 0 ? "" : target + ".")}{callee.Name}Backward({gradient}{saved}, work);");
    }

    private void ReverseArithmetic(ArithmeticIr arithmetic)
    {
        if (Plan.ActivityOf(arithmetic.Result) == Activity.Never)
        {
            return;
        }

        WriteSource(arithmetic);
        string g = GradientOf(arithmetic.Result);
        if (arithmetic.Right is not { } right)
        {
            Contribute(arithmetic.Left, $"-{Parenthesized(g)}");
            return;
        }

        bool needsLeft = NeedsGradient(arithmetic.Left);
        bool needsRight = NeedsGradient(right);
        if (needsLeft && needsRight && !IsSimple(g))
        {
            string local = UniqueLocal("grad" + Naming.Capitalize(Name(arithmetic.Result)));
            Writer.Line($"float {local} = {g};");
            g = local;
        }

        switch (arithmetic.Operator)
        {
            case '+':
                Contribute(arithmetic.Left, g);
                Contribute(right, g);
                break;
            case '-':
                Contribute(arithmetic.Left, g);
                Contribute(right, $"-{Parenthesized(g)}");
                break;
            case '*':
                if (needsLeft)
                {
                    Contribute(arithmetic.Left, $"{Parenthesized(g)} * {Operand(arithmetic, right, "right")}");
                }

                if (needsRight)
                {
                    Contribute(right, $"{Parenthesized(g)} * {Operand(arithmetic, arithmetic.Left, "left")}");
                }

                break;
            case '/':
                string divisor = Operand(arithmetic, right, "right");
                if (needsLeft)
                {
                    Contribute(arithmetic.Left, $"{Parenthesized(g)} / {divisor}");
                }

                if (needsRight)
                {
                    Contribute(right, $"-{Parenthesized(g)} * {Operand(arithmetic, arithmetic.Left, "left")} / ({divisor} * {divisor})");
                }

                break;
        }
    }

    private bool NeedsGradient(OperandIr operand) => operand.IsValue && Plan.ActivityOf(operand.Value) != Activity.Never;

    private string Operand(ArithmeticIr arithmetic, OperandIr operand, string side)
    {
        if (!operand.IsValue)
        {
            return operand.IsStable ? Parenthesized(operand.Text) : Layout.Capture(_region, arithmetic, side, "float", "Factor");
        }

        return IsVariable(operand.Value)
            ? Layout.Capture(_region, arithmetic, side, "float", Name(operand.Value))
            : Layout.Value(operand.Value);
    }

    // Adds a contribution to the gradient of a number.
    private void Contribute(OperandIr operand, string contribution)
    {
        if (!NeedsGradient(operand))
        {
            return;
        }

        if (Plan.IsInline(operand.Value))
        {
            _inlineGradients[operand.Value] = contribution;
        }
        else
        {
            Writer.Line($"{GradientLocal(operand.Value)} += {contribution};");
        }
    }

    private string GradientOf(int number)
    {
        if (Plan.IsInline(number))
        {
            return _inlineGradients.TryGetValue(number, out string? gradient) ? gradient : "0f";
        }

        return GradientLocal(number);
    }

    private string GradientLocal(int number)
    {
        if (!_gradientLocals.TryGetValue(number, out string? local))
        {
            _gradientLocals[number] = local = UniqueLocal("grad" + Naming.Capitalize(Name(number).TrimStart('@')));
        }

        return local;
    }

    private string UniqueLocal(string wanted)
    {
        string name = wanted;
        for (int i = 2; name is "gradResult" || !_localNames.Add(name); i++)
        {
            name = wanted + i;
        }

        return name;
    }

    private static bool IsSimple(string text) => text.All(letter => char.IsLetterOrDigit(letter) || letter is '_' or '.');

    private static string Parenthesized(string text) => IsSimple(text) ? text : $"({text})";
}
