namespace Lora.Generators.Tests;

/// <summary>Loops over submodels, layers and counts.</summary>
public class LoopTests
{
    private const string Block = """
        using Lora;

        public sealed partial class Block(int dim)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(dim, dim);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_fc.Forward(x)) + x;
        }

        """;

    [Theory]
    [InlineData("Block[]")]
    [InlineData("List<Block>")]
    [InlineData("IReadOnlyList<Block>")]
    [InlineData("IEnumerable<Block>")]
    [InlineData("System.Collections.Immutable.ImmutableArray<Block>")]
    public void ForEachOverSubmodels(string type) => new ProgramCheck(
        Block + $$"""
        public sealed partial class Model
        {
            private readonly {{type}} _blocks = [new(4), new(4), new(4)];
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 2);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Block block in _blocks)
                {
                    x = block.Forward(x);
                }

                return Nn.MseLoss(_head.Forward(x), target);
            }
        }
        """,
        "new Model()")
    { AllocatesByItself = type.StartsWith('I') }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 2));

    [Fact]
    public void ForEachOverLayers() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _first = new(4, 4);
            private readonly Linear[] _middle = [new(4, 4), new(4, 4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                x = _first.Forward(x);
                foreach (var layer in _middle)
                {
                    x = Nn.Relu(layer.Forward(x)) + x;
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ForByLength() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(4), new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                for (int i = 0; i < _blocks.Length; i++)
                {
                    x = _blocks[i].Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void ForDownwardsByCountAndIndexArithmetic() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly List<Block> _blocks = [new(4), new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int stride)
            {
                for (int i = _blocks.Count - 1; i >= 0; i -= stride)
                {
                    int other = (i + 1) % _blocks.Count;
                    x = _blocks[i].Forward(x) + _blocks[other].Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()")
    { AllocatesByItself = false }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), 2);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void ForByParameter(int times) => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _out = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int times)
            {
                for (int i = 0; i < times; i++)
                {
                    x = Nn.Relu(_fc.Forward(x)) + x;
                }

                return Nn.MseLoss(_out.Forward(x), target);
            }
        }
        """,
        "new Model()")
    { Unused = times == 0 ? ["fc.lora_A", "fc.lora_B"] : [] }.Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), times);

    [Fact]
    public void NestedLoops() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[][] _stages = [[new(4), new(4)], [new(4)], []];
            private readonly Block[] _flat;

            public Model() => _flat = [.. _stages.SelectMany(stage => stage)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int rounds)
            {
                Tensor sum = x;
                for (int round = 0; round < rounds; round++)
                {
                    foreach (Block block in _flat)
                    {
                        for (int i = 0; i <= round; i++)
                        {
                            x = block.Forward(x);
                        }

                        sum += x;
                    }

                    sum = sum + x;
                }

                return Nn.MseLoss(sum, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), 2);

    [Fact]
    public void MadeInTheLoopAndUsedAfter() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor last = x;
                Tensor first = x;
                for (int i = 0; i < 4; i++)
                {
                    Tensor h = Nn.Relu(_a.Forward(last));
                    if (i == 1)
                    {
                        first = h;
                    }

                    last = h + x;
                }

                return Nn.MseLoss(last + first, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void MadeInOneIterationAndUsedInALaterOne() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor? skip = null;
                for (int i = 0; i < 5; i++)
                {
                    x = Nn.Relu(_a.Forward(x)) + x;
                    if (skip is not null)
                    {
                        x = x + skip;
                    }

                    if (i % 2 == 0)
                    {
                        skip = x;
                    }
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void LossAccumulatedInALoop() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(4), new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                float total = 0;
                float weight = 1f;
                foreach (Block block in _blocks)
                {
                    x = block.Forward(x);
                    total += weight * Nn.MseLoss(x, target);
                    weight *= 0.5f;
                }

                return total / _blocks.Length;
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void BreakAndContinue() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(4), new(4), new(4), new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int skipped, int last)
            {
                int index = 0;
                Tensor sum = x;
                foreach (Block block in _blocks)
                {
                    int own = index++;
                    if (own == skipped)
                    {
                        continue;
                    }

                    x = block.Forward(x);
                    if (own == last)
                    {
                        break;
                    }

                    sum += x;
                }

                return Nn.MseLoss(sum + x, target);
            }
        }
        """,
        "new Model()")
    { Unused = ["blocks.1.fc.lora_A", "blocks.1.fc.lora_B", "blocks.4.fc.lora_A", "blocks.4.fc.lora_B"] }
        .Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), 1, 3);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public void ReturnFromALoop(int depth) => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[] _blocks = [new(4), new(4), new(4)];
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x, int depth)
            {
                for (int i = 0; i < _blocks.Length; i++)
                {
                    x = _blocks[i].Forward(x);
                    if (i == depth)
                    {
                        return x + _head.Forward(x);
                    }

                    x = Nn.Relu(x);
                }

                return _head.Forward(x);
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int depth) => Nn.MseLoss(Forward(x, depth), target);
        }
        """,
        "new Model()")
    { Unused = [.. new[] { "blocks.1.", "blocks.2." }.Skip(depth).SelectMany(block => new[] { block + "fc.lora_A", block + "fc.lora_B" })] }
        .Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), depth);

    [Fact]
    public void BreakFromANestedLoop() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target, int limit)
            {
                for (int i = 0; i < 3; i++)
                {
                    for (int j = 0; j < 3; j++)
                    {
                        if (i + j > limit)
                        {
                            break;
                        }

                        x = Nn.Relu(_a.Forward(x)) + x;
                    }

                    if (i == limit)
                    {
                        continue;
                    }

                    x += target;
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4), 2);

    [Fact]
    public void TwoVariablesInOneLoop() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                for (int i = 0, j = 5; i < j; i++, j--)
                {
                    x = Nn.Relu(_a.Forward(x)) + x;
                }

                int k;
                for (k = 0; k < 2; ++k)
                {
                    x = _a.Forward(x);
                }

                return Nn.MseLoss(x, target) * k;
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void LoopCarriedPair() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor p = x;
                Tensor q = target;
                for (int i = 0; i < 3; i++)
                {
                    Tensor old = p;
                    p = Nn.Relu(_a.Forward(q)) + p;
                    q = _b.Forward(old);
                }

                return Nn.MseLoss(p, q);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));

    [Fact]
    public void OneLoopAfterAnother() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[] _encoder = [new(4), new(4)];
            private readonly Block[] _decoder = [new(4), new(4)];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = x;
                foreach (Block block in _encoder)
                {
                    h = block.Forward(h);
                }

                Tensor memory = h;
                h = target;
                foreach (Block block in _decoder)
                {
                    h = block.Forward(h + memory);
                }

                return Nn.MseLoss(h, memory);
            }
        }
        """,
        "new Model()").Verify(Inputs.Normal(1, 5, 4), Inputs.Normal(2, 5, 4));
}
