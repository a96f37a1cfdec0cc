using System.Text;

namespace Lora.Generators.Tests;

/// <summary>
/// Draws a program from the grammar of differentiable bodies: operations of the runtime and of the program's own, layers that are adapted, frozen, trained in full,
/// shared or missing, submodels alone and in arrays, helper methods that return tensors and numbers, locals that name one another, reassignment in
/// branches and loops, jumps, early returns, and losses of numbers. Every tensor of the body is [2, 4], and stays of moderate size.
/// </summary>
internal sealed class RandomProgramWriter(Random random)
{
    private readonly StringBuilder _text = new();
    private int _names;
    private int _budget = random.Next(8, 20);

    /// <summary>The program, with a factor of the derivative of its own operation left open: 2 is right.</summary>
    public string Write(string squareFactor = "2")
    {
        _text.Append(RandomProgramParts.Before.Replace("SQUARE_FACTOR", squareFactor, StringComparison.Ordinal));
        Line(2, "float loss = 0.5f;");
        List<string> scope = ["x", "y"];
        Statements(scope, [], 8, depth: 2);
        string sum = string.Join(" + ", scope.Select(name => $"Nn.Tanh({name})"));
        Line(2, $"return 10f + loss + Nn.Mean(({sum}) * ({sum}));");
        _text.AppendLine("    }").AppendLine("}");
        return _text.ToString();
    }

    private void Statements(List<string> scope, List<string> loops, int count, int depth)
    {
        for (int i = 0; i < count && _budget-- > 0; i++)
        {
            Statement(scope, loops, depth);
        }
    }

    private void Statement(List<string> scope, List<string> loops, int depth)
    {
        switch (random.Next(depth < 5 ? 20 : 11))
        {
            case 0 or 1 or 2:
                string name = $"v{_names++}";
                Line(depth, $"{(random.Next(3) == 0 ? "var" : "Tensor")} {name} = {Expression(scope, loops)};");
                scope.Add(name);
                break;
            case 3 or 4 or 5:
                string own = Pick(scope);
                string value = Expression(scope, loops);
                Line(depth, $"{own} = {(value == own ? $"Nn.Tanh({own})" : value)};");
                break;
            case 6:
                Line(depth, $"{Pick(scope)} {(random.Next(2) == 0 ? "+=" : "-=")} {Bounded(Expression(scope, loops), loops)};");
                break;
            case 7 or 8:
                Line(depth, Loss(scope, loops));
                break;
            case 9:
                string number = $"s{_names++}";
                Line(depth, $"float {number} = {Number(scope, loops)};");
                Line(depth, $"{Pick(scope)} = Ops.Scale(Nn.Tanh({Pick(scope)}), {number} * 0.5f);");
                Line(depth, $"loss += {number} * {number} - {number} / 3f;");
                break;
            case 10:
                string declared = $"v{_names++}";
                Line(depth, $"Tensor {declared};");
                Line(depth, $"if ({Condition(loops)})");
                Line(depth, "{");
                Line(depth + 1, $"{declared} = {Expression(scope, loops)};");
                Line(depth, "}");
                Line(depth, "else");
                Line(depth, "{");
                Line(depth + 1, $"{declared} = {Expression(scope, loops)};");
                Line(depth, "}");
                scope.Add(declared);
                break;
            case 11 or 12 or 13:
                Line(depth, $"if ({Condition(loops)})");
                Block(scope, loops, depth, random.Next(1, 4), jumps: true);
                if (random.Next(2) == 0)
                {
                    Line(depth, random.Next(3) == 0 ? $"else if ({Condition(loops)})" : "else");
                    Block(scope, loops, depth, random.Next(1, 3), jumps: random.Next(2) == 0);
                }

                break;
            case 14 or 15:
                Loop(scope, loops, depth);
                break;
            case 16:
                Line(depth, $"if (_optional is {{ }} layer{_names})");
                Line(depth, "{");
                Line(depth + 1, $"{Pick(scope)} = layer{_names}.Forward({Pick(scope)});");
                Line(depth, "}");
                _names++;
                break;
            default:
                string item = $"block{_names++}";
                Line(depth, $"foreach (Block {item} in _blocks)");
                Line(depth, "{");
                string target = Pick(scope);
                Line(depth + 1, $"{target} = {item}.Forward({Pick(scope)}, {(loops.Count > 0 ? loops[^1] : "1")});");
                Statements([.. scope], loops, random.Next(0, 3), depth + 1);
                Jump(scope, loops, depth + 1, inLoop: true);
                Line(depth, "}");
                break;
        }
    }

    private void Loop(List<string> scope, List<string> loops, int depth)
    {
        string index = $"i{_names++}";
        string bound = random.Next(2) == 0 ? "n" : "2";
        Line(depth, random.Next(4) switch
        {
            0 => $"for (int {index} = {bound} - 1; {index} >= 0; {index}--)",
            1 => $"foreach (int {index} in _steps)",
            _ => $"for (int {index} = 0; {index} < {bound}; {index}++)",
        });
        Block(scope, [.. loops, index], depth, random.Next(2, 5), jumps: random.Next(3) == 0);
    }

    private void Block(List<string> scope, List<string> loops, int depth, int count, bool jumps)
    {
        Line(depth, "{");
        List<string> inner = [.. scope];
        Statements(inner, loops, count, depth + 1);
        if (jumps && random.Next(4) == 0)
        {
            string jump = random.Next(3) switch
            {
                0 when loops.Count > 0 => "break;",
                1 when loops.Count > 0 => "continue;",
                _ => $"return 5f + loss * Nn.Mean({Expression(inner, loops)} * {Pick(inner)});",
            };
            Line(depth + 1, jump);
        }

        Line(depth, "}");
    }

    private void Jump(List<string> scope, List<string> loops, int depth, bool inLoop)
    {
        if (!inLoop || random.Next(3) > 0)
        {
            return;
        }

        Line(depth, $"if ({Condition(loops)})");
        Line(depth, "{");
        Line(depth + 1, random.Next(2) == 0 ? "break;" : "continue;");
        Line(depth, "}");
        Line(depth, Loss(scope, loops));
    }

    private string Loss(List<string> scope, List<string> loops) => random.Next(6) switch
    {
        0 => $"loss += 0.25f * {Number(scope, loops)};",
        1 => $"loss = loss * 0.5f + {Number(scope, loops)};",
        2 => $"loss -= {Number(scope, loops)} / (n + 1f);",
        3 => $"loss = {Condition(loops)} ? loss : -loss * {Number(scope, loops)};",
        4 => $"loss += {Number(scope, loops)} * {Number(scope, loops)};",
        _ when loops.Count == 0 => $"loss *= 1f + 0.1f * {Number(scope, loops)};",
        _ => $"loss += 0.1f * {Number(scope, loops)};",
    };

    private string Number(List<string> scope, List<string> loops) => random.Next(8) switch
    {
        0 => $"Nn.MseLoss({Pick(scope)}, {Expression(scope, loops)})",
        1 => $"Nn.Mean({Expression(scope, loops)})",
        2 => $"0.1f * Nn.Sum({Pick(scope)} * {Pick(scope)})",
        3 => $"Nn.CrossEntropy({Expression(scope, loops)}, ids)",
        4 => $"Nn.BinaryCrossEntropyWithLogits({Pick(scope)}, Nn.Sigmoid({Pick(scope)}))",
        5 => $"Penalty({Pick(scope)}, {(loops.Count > 0 ? loops[^1] : "n")})",
        6 => $"Nn.MaeLoss({Expression(scope, loops)}, {Pick(scope)})",
        _ => $"Ops.Energy({Pick(scope)}, 0.5f)",
    };

    private string Condition(List<string> loops) => random.Next(5) switch
    {
        0 => "flag",
        1 when loops.Count > 0 => $"{loops[^1]} % 2 == {random.Next(2)}",
        2 when loops.Count > 0 => $"{loops[0]} == {random.Next(3)}",
        3 => "_optional is null",
        _ => $"n > {random.Next(1, 5)}",
    };

    private string Expression(List<string> scope, List<string> loops)
    {
        string a = Bounded(Pick(scope), loops);
        string b = Pick(scope);
        return random.Next(34) switch
        {
            0 or 1 => b,
            2 => $"Nn.Tanh({a})",
            3 => $"{a} + {b}",
            4 => $"Nn.Sigmoid({a}) * {b}",
            5 => $"_a.Forward({a})",
            6 => $"_b.Forward(Nn.Relu({a}))",
            7 => $"_blocks[{(loops.Count > 0 ? $"{loops[^1]} % 2" : "1")}].Forward({a}, n - 1)",
            8 => $"({Condition(loops)} ? {a} : Nn.Tanh({b}))",
            9 => $"Pick({a}, {b}, {Condition(loops)})",
            10 => $"Nn.Softmax({a}) - {b} * 0.5f",
            11 => $"Nn.Stop(_constant) * {a}",
            12 => $"Nn.Concat(Nn.Slice({a}, 1, 2, 2), Nn.Slice({b}, 1, 0, 2), 1)",
            13 => $"Nn.Silu(_a.Forward({a}) + _constant)",
            14 => $"Nn.Tanh(Nn.MatMul(Nn.MatMul({a}, Nn.Transpose({b})), {Pick(scope)}))",
            15 => $"Nn.Reshape(Nn.Gelu(_wide.Forward(Nn.Reshape({a}, 1, 8))), 2, 4)",
            16 => $"Nn.CausalAttention({a}, Nn.Tanh({b}), {Pick(scope)}, 2)",
            17 => $"_norm.Forward({a} + _constant)",
            18 => $"_layerNorm.Forward(Nn.GeluTanh({a}) + _constant)",
            19 => $"{a} / (Nn.Sigmoid({b}) + 0.5f)",
            20 => $"-{a}",
            21 => $"Nn.SwiGlu({a}, Nn.Tanh({b}))",
            22 => $"Nn.Dropout({a}, 0.25f)",
            23 => $"Nn.Tanh(Ops.Square({a}))",
            24 => $"Ops.Product(Nn.Tanh({a}), {b})",
            25 => $"{(random.Next(2) == 0 ? "_embedding" : "_tied")}.Forward(ids) + {a}",
            26 => $"Nn.Tanh(Nn.Project({a}, _tied))",
            27 => $"_shared.Forward({a})",
            28 => $"0.25f - Nn.LogSoftmax({a}) * 0.1f",
            29 => $"Nn.Rotary({a}, _rotary) + Nn.Mean(Nn.Tanh({b}), 0, keepDims: true)",
            30 => $"{a} * Nn.Sigmoid(Nn.Sum({b}, axis: 1, keepDims: true))",
            31 => $"(_optional is null ? {a} : _optional.Forward({a}))",
            32 => $"_pair.Forward({a}, second: {b})",
            _ => $"Helpers.Mix({a}, Nn.Tanh({b}), {(loops.Count > 0 ? loops[^1] : "n")})",
        };
    }

    // In loops, what would double in each iteration must not.
    private static string Bounded(string expression, List<string> loops) => loops.Count > 0 ? $"Nn.Tanh({expression})" : expression;

    private string Pick(List<string> names) => names[random.Next(names.Count)];

    private void Line(int depth, string text) => _text.Append(' ', 4 * depth).AppendLine(text);
}
