using System.Text;

namespace Lora.Generators.Tests;

/// <summary>
/// Programs drawn from the grammar of differentiable bodies: locals that name one another, reassignment in branches and loops, jumps, early
/// returns, shared layers. What one of them gets wrong is a lifetime, an alias or a gradient that the other tests did not think of.
/// </summary>
public class RandomProgramTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void IsRight(int seed)
    {
        string source = new ProgramWriter(new Random(seed)).Write();
        try
        {
            new ProgramCheck(source, "new Model()") { Unused = ["lora_A", "lora_B"] }
                .Verify(Inputs.Normal(1, 2, 4), Inputs.Normal(2, 2, 4), seed % 2 == 0, 2 + (seed % 3));
        }
        catch (ProgramFaultException fault)
        {
            throw new ProgramFaultException($"{fault.Message}\n\n{source}");
        }
    }

    private sealed class ProgramWriter(Random random)
    {
        private readonly StringBuilder _text = new();
        private int _names;
        private int _budget = 14;

        public string Write()
        {
            _text.AppendLine(
                """
                using Lora;

                public sealed partial class Block
                {
                    [Lora(Rank = 2, Alpha = 1)] private readonly Linear _fc = new(4, 4);

                    [Differentiable]
                    public Tensor Forward(Tensor x, int times)
                    {
                        for (int i = 0; i < times; i++)
                        {
                            x = Nn.Tanh(_fc.Forward(x)) + x;
                        }

                        return x;
                    }
                }

                public sealed partial class Model
                {
                    [Lora(Rank = 2, Alpha = 1)] private readonly Linear _a = new(4, 4);
                    private readonly Linear _b = new(4, 4);
                    private readonly Block[] _blocks = [new(), new()];
                    private readonly Tensor _constant = Tensor.From([0.5f, -0.25f, 1f, 0.75f], 4);

                    [Differentiable]
                    public Tensor Pick(Tensor a, Tensor b, bool first)
                    {
                        if (first)
                        {
                            return a;
                        }

                        a = Nn.Sigmoid(b) + a;
                        return a;
                    }

                    [Differentiable]
                    public float Loss(Tensor x, Tensor y, bool flag, int n)
                    {
                        float loss = 0.5f;
                """);
            List<string> scope = ["x", "y"];
            Statements(scope, [], 8, depth: 2);
            string sum = string.Join(" + ", scope.Select(name => $"Nn.Tanh({name})"));
            Line(2, $"return loss + Nn.Mean(({sum}) * ({sum}));");
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
            switch (random.Next(depth < 5 ? 14 : 8))
            {
                case 0 or 1 or 2:
                    string name = $"v{_names++}";
                    Line(depth, $"Tensor {name} = {Expression(scope, loops)};");
                    scope.Add(name);
                    break;
                case 3 or 4 or 5:
                    string own = Pick(scope);
                    string value = Expression(scope, loops);
                    Line(depth, $"{own} = {(value == own ? $"Nn.Tanh({own})" : value)};");
                    break;
                case 6:
                    Line(depth, $"{Pick(scope)} += {Expression(scope, loops)};");
                    break;
                case 7:
                    Line(depth, random.Next(2) == 0
                        ? $"loss += 0.25f * Nn.MseLoss({Pick(scope)}, {Expression(scope, loops)});"
                        : $"loss = loss * 0.5f + Nn.Mean({Expression(scope, loops)});");
                    break;
                case 8 or 9 or 10:
                    Line(depth, $"if ({Condition(loops)})");
                    Block(scope, loops, depth, random.Next(1, 4), jumps: true);
                    if (random.Next(2) == 0)
                    {
                        Line(depth, "else");
                        Block(scope, loops, depth, random.Next(1, 3), jumps: false);
                    }

                    break;
                case 11 or 12:
                    string index = $"i{_names++}";
                    Line(depth, $"for (int {index} = 0; {index} < {(random.Next(2) == 0 ? "n" : "2")}; {index}++)");
                    Block(scope, [.. loops, index], depth, random.Next(2, 5), jumps: false);
                    break;
                default:
                    string item = $"block{_names++}";
                    Line(depth, $"foreach (Block {item} in _blocks)");
                    Line(depth, "{");
                    string target = Pick(scope);
                    Line(depth + 1, $"{target} = {item}.Forward({Pick(scope)}, {(loops.Count > 0 ? loops[^1] : "1")});");
                    Statements([.. scope], loops, random.Next(0, 3), depth + 1);
                    Line(depth, "}");
                    break;
            }
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
                    _ => $"return loss * Nn.Mean({Expression(inner, loops)} * {Pick(inner)});",
                };
                Line(depth + 1, jump);
            }

            Line(depth, "}");
        }

        private string Condition(List<string> loops) => random.Next(3) switch
        {
            0 => "flag",
            1 when loops.Count > 0 => $"{loops[^1]} % 2 == {random.Next(2)}",
            2 when loops.Count > 0 => $"{loops[0]} == {random.Next(3)}",
            _ => $"n > {random.Next(1, 5)}",
        };

        private string Expression(List<string> scope, List<string> loops) => random.Next(14) switch
        {
            0 or 1 => Pick(scope),
            2 => $"Nn.Tanh({Pick(scope)})",
            3 => $"{Pick(scope)} + {Pick(scope)}",
            4 => $"Nn.Sigmoid({Pick(scope)}) * {Pick(scope)}",
            5 => $"_a.Forward({Pick(scope)})",
            6 => $"_b.Forward(Nn.Relu({Pick(scope)}))",
            7 => $"_blocks[{(loops.Count > 0 ? $"{loops[^1]} % 2" : "1")}].Forward({Pick(scope)}, n - 1)",
            8 => $"({Condition(loops)} ? {Pick(scope)} : Nn.Tanh({Pick(scope)}))",
            9 => $"Pick({Pick(scope)}, {Pick(scope)}, {Condition(loops)})",
            10 => $"Nn.Softmax({Pick(scope)}) - {Pick(scope)} * 0.5f",
            11 => $"Nn.Stop(_constant) * {Pick(scope)}",
            12 => $"Nn.Concat(Nn.Slice({Pick(scope)}, 1, 2, 2), Nn.Slice({Pick(scope)}, 1, 0, 2), 1)",
            _ => $"Nn.Silu(_a.Forward({Pick(scope)}) + _constant)",
        };

        private string Pick(List<string> names) => names[random.Next(names.Count)];

        private void Line(int depth, string text) => _text.Append(' ', 4 * depth).AppendLine(text);
    }
}
