namespace Lora.Generators.Tests;

/// <summary>Layers and submodels in arrays of arrays, and with gaps among them.</summary>
public class CollectionTests
{
    private const string Block = """
        using Lora;

        public sealed partial class Block
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            [Trainable] private readonly RmsNorm _norm = new(4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Tanh(_norm.Forward(_a.Forward(x)));
        }

        """;

    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 3, 4);

    [Fact]
    public void ArraysOfArrays() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block[][] _stages = [[new(), new()], [new()]];
            private readonly List<Block[]> _more = [[new()], [], [new()]];
            [Trainable] private readonly Linear[][] _layers = [[new(4, 4)], [new(4, 4)]];

            public IReadOnlyList<IReadOnlyList<LayerNorm>> Norms { get; } = [[new(4)]];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Block[] stage in _stages)
                {
                    foreach (Block block in stage)
                    {
                        x = block.Forward(x);
                    }
                }

                for (int i = 0; i < _more.Count; i++)
                {
                    for (int j = 0; j < _more[i].Length; j++)
                    {
                        x = _layers[j][0].Forward(_more[i][j].Forward(x));
                    }
                }

                return Nn.MseLoss(_layers[1][0].Forward(Norms[0][0].Forward(x)), target);
            }
        }
        """,
        "new Model()")
    { Prepare = model => Names(model).ShouldBe(["stages.0.0.a", "stages.0.1.a", "stages.1.0.a", "more.0.0.a", "more.2.0.a", "layers.0.0", "layers.1.0"]) }.Verify(_x, _target);

    [Fact]
    public void Gaps() => new ProgramCheck(
        Block + """
        public sealed partial class Model
        {
            private readonly Block?[] _blocks = [new(), null, new()];
            private readonly List<Linear?> _layers = [null, new(4, 4), null];

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                foreach (Block? block in _blocks)
                {
                    if (block is null)
                    {
                        x = Nn.Sigmoid(x);
                        continue;
                    }

                    x = block.Forward(x);
                }

                for (int i = 0; i < _layers.Count; i++)
                {
                    x = _layers[i]?.Forward(x) ?? Nn.Tanh(x);
                }

                foreach (Block? block in _blocks)
                {
                    x = x + (block?.Forward(x) ?? Nn.Sigmoid(x));
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()")
    { Prepare = model => Names(model).ShouldBe(["blocks.0.a", "blocks.2.a", "layers.1"]) }.Verify(_x, _target);

    private static IEnumerable<string> Names(ILoraModel model) => model.NamedLinears().Select(named => named.Path);
}
