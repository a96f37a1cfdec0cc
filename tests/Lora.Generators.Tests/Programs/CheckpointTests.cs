namespace Lora.Generators.Tests;

/// <summary>Methods that the backward pass runs again: the gradients are those of central differences, masks repeat, and steps allocate nothing.</summary>
public class CheckpointTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 3, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 3, 4);

    [Theory]
    [InlineData("Nn.Silu(_fc.Forward(x))")]
    [InlineData("Nn.Tanh(_fc.Forward(x)) + x")]
    [InlineData("Nn.Dropout(_fc.Forward(Nn.Dropout(x, 0.4f)), 0.3f)")]
    [InlineData("x")]
    [InlineData("Nn.Reshape(x, 3, 4) * _fc.Forward(x)")]
    [InlineData("Inner(Nn.Dropout(x, 0.4f))")]
    public void Layers(string body) => Check($$"""
        using Lora;

        public sealed partial class Layer
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

            [Differentiable(Checkpoint = true)]
            public Tensor Forward(Tensor x) => {{body}};

            [Differentiable(Checkpoint = true)]
            public Tensor Inner(Tensor x) => Nn.Dropout(_fc.Forward(x), 0.2f) + x;
        }

        public sealed partial class Model
        {
            private readonly Layer[] _layers = [new(), new(), new()];
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                x = _head.Forward(x);
                foreach (Layer layer in _layers)
                {
                    x = layer.Forward(Nn.Dropout(x, 0.1f));
                }

                return Nn.MseLoss(_head.Forward(x), target);
            }
        }
        """, unused: body == "x").Verify(_x, _target);

    [Fact]
    public void Arguments_of_every_kind() => Check("""
        using System;
        using Lora;

        public sealed partial class Layer
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Embedding _table = new(5, 4);
            private enum Way { Plain, Scaled }

            [Differentiable]
            public Tensor Forward(Tensor x, ReadOnlySpan<int> segment, float factor) => Run(x, segment, factor, Way.Scaled, null);

            [Differentiable(Checkpoint = true)]
            private Tensor Run(Tensor x, ReadOnlySpan<int> segment, [NoDerivative] float factor, Way way, Tensor? bias)
            {
                Tensor y = x * _table.Forward(segment);
                if (bias is not null)
                {
                    y = y + bias;
                }

                return way == Way.Scaled ? y * factor : y;
            }
        }

        public sealed partial class Model
        {
            private static readonly int[] _ids = [3, 0, 3];
            private readonly Layer _layer = new();

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_layer.Forward(x, _ids, 1.5f), target);
        }
        """).Verify(_x, _target);

    [Fact]
    public void Losses_and_pullbacks()
    {
        const string Source = """
            using Lora;

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _fc = new(4, 4);

                [Differentiable(Checkpoint = true)]
                public Tensor Forward(Tensor x) => Nn.Silu(Nn.Dropout(_fc.Forward(x), 0.3f));

                [Differentiable(Checkpoint = true)]
                public float Part(Tensor x, Tensor target) => Nn.MseLoss(Forward(x), target);

                [Differentiable]
                public float Loss(Tensor x, Tensor target) => Part(x, target) + 0.5f * Part(target, x);
            }
            """;
        new ProgramCheck(Source, "new Model()").Verify(_x, _target);
        new ProgramCheck(Source, "new Model()") { Method = "Forward" }.Verify(_x);
    }

    private static ProgramCheck Check(string source, bool unused = false) =>
        new(source, "new Model()") { Unused = unused ? [.. Enumerable.Range(0, 3).SelectMany(i => new[] { $"layers.{i}.fc.lora_A", $"layers.{i}.fc.lora_B" })] : [] };
}
