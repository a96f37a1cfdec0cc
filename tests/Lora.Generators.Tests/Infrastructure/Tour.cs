namespace Lora.Generators.Tests;

/// <summary>A program that has a little of everything that a model may be written with, in C# 13.</summary>
internal static class Tour
{
    public const string Source = """
        using System;
        using System.Collections.Generic;
        using Lora;

        namespace Tour.Models;

        public enum Pooling
        {
            Mean,
            Sum,
        }

        /// <summary>An operation of the user's.</summary>
        public static class Ops
        {
            [Derivative(nameof(SquareBackward), Reads = Reads.Inputs, Into = nameof(SquareInto), Dimensions = "x [..] -> [..]")]
            public static Tensor Square(Tensor x) => Operation.Run(SquareInto, x, x.Shape);

            public static void SquareInto(Tensor x, Tensor result)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    result.Span[i] = x.Span[i] * x.Span[i];
                }
            }

            public static void SquareBackward(Tensor x, Tensor gradResult, Tensor gradX)
            {
                for (int i = 0; i < x.Length; i++)
                {
                    gradX.Span[i] += 2 * x.Span[i] * gradResult.Span[i];
                }
            }

            [NoDerivative]
            public static int Half(int count) => count / 2;
        }

        /// <summary>Static differentiable methods.</summary>
        public static partial class Losses
        {
            [Differentiable]
            public static float Smooth(Tensor prediction, Tensor target, float beta = 0.5f) =>
                (beta * Nn.MseLoss(prediction, target)) + ((1 - beta) * Nn.MaeLoss(prediction, target));
        }

        public sealed partial class Block<TTag>(int dim, int hidden, float dropout = 0.1f)
            where TTag : class
        {
            private const int Gates = 1;
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _up = new(dim, hidden);
            [Lora(Rank = Gates + 1, Alpha = 2.5f, UseRsLora = true), StateName("down_proj")] private readonly Linear _down = new(hidden, dim, bias: false);
            [Trainable] private readonly RmsNorm _norm = new(dim);
            private readonly Linear _gate = new(dim, Gates);
            private readonly bool _isGated = hidden > dim;

            [Differentiable]
            public Tensor Forward(Tensor x)
            {
                Tensor h = _norm.Forward(x);
                h = Nn.Dropout(Nn.Gelu(_up.Forward(h)), dropout);
                h = _down.Forward(h);
                return _isGated ? h * Nn.Sigmoid(_gate.Forward(x)) : h;
            }
        }

        public partial record Outer
        {
            public sealed partial class Model
            {
                private readonly Embedding _tokens;
                private readonly Block<string>[] _blocks;
                private readonly List<Linear> _heads = [];
                private readonly int _depth;

                public Model(int vocabulary, int dim, int depth = 2)
                {
                    _depth = depth;
                    _tokens = new Embedding(vocabulary, dim);
                    _blocks = new Block<string>[depth];
                    for (int i = 0; i < depth; i++)
                    {
                        _blocks[i] = new Block<string>(dim, 2 * dim);
                    }

                    _heads.Add(new Linear(dim, dim));
                    First = new Linear(dim, dim);
                    Last = new Linear(dim, dim);
                }

                [Lora(Rank = 2)] public partial Linear Last { get; set; }

                [Lora(Rank = 1, Alpha = 4)] public Linear First { get; }

                [Differentiable]
                public Tensor Forward(ReadOnlySpan<int> ids, int batch, Pooling pooling = Pooling.Mean)
                {
                    if (batch < 1)
                    {
                        throw new ArgumentOutOfRangeException(nameof(batch));
                    }

                    Tensor x = _tokens.Forward(ids, batch);
                    foreach (Block<string> block in _blocks)
                    {
                        x += block.Forward(x);
                    }

                    for (int i = 0; i < Ops.Half(2 * _depth); i++)
                    {
                        if (i == 3)
                        {
                            break;
                        }

                        x = x - 0.1f * _heads[0].Forward(Ops.Square(x));
                    }

                    Tensor y = pooling == Pooling.Mean ? First.Forward(x) : Nn.Sum(x, axis: 1, keepDims: true);
                    return Project(y);
                }

                [Differentiable]
                public float Loss(ReadOnlySpan<int> ids, ReadOnlySpan<int> targets, int batch, [NoDerivative] Tensor weights)
                {
                    Tensor logits = Project(_tokens.Forward(ids, batch));
                    float loss = Nn.CrossEntropy(logits, targets);
                    for (int i = 1; i < _depth; i++)
                    {
                        loss += 0.5f / i * Nn.Mean(Ops.Square(logits) * weights);
                    }

                    return loss / 2 - Losses.Smooth(logits, Nn.Stop(logits));
                }

                [Differentiable]
                private Tensor Project(Tensor x) => Nn.Project(Last.Forward(x), _tokens);
            }
        }
        """;
}
