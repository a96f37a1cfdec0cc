namespace Lora.Generators.Tests;

/// <summary>The ways to declare a model class.</summary>
public class DeclarationTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    [Fact]
    public void NestedTypes() => new ProgramCheck(
        """
        using Lora;

        namespace Outer.Inner
        {
            public static partial class Holder
            {
                public partial class Generic<T>
                    where T : class
                {
                    internal sealed partial class Model
                    {
                        [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                        [Differentiable]
                        internal float Loss(Tensor x, Tensor target) => Nn.MseLoss(Nn.Relu(_a.Forward(x)), target);
                    }
                }
            }
        }
        """,
        "new Holder.Generic<string>.Model()").Verify(_x, _target);

    [Fact]
    public void GenericModel() => new ProgramCheck(
        """
        using Lora;

        namespace Generics;

        public interface IScale
        {
            static abstract float Value { get; }
        }

        public readonly struct OneHalf : IScale
        {
            public static float Value => 0.5f;
        }

        public sealed partial class Block
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_a.Forward(x)) + x;
        }

        public sealed partial class Model<TScale, TItem>
            where TScale : struct, IScale
            where TItem : notnull
        {
            private readonly Dictionary<string, TItem> _items = [];
            private readonly Block _block = new();
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _head = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                Tensor h = _block.Forward(x);
                for (int i = 0; i < 2 + _items.Count; i++)
                {
                    h = _head.Forward(h);
                }

                return TScale.Value * Nn.MseLoss(h, target);
            }
        }
        """,
        "new Model<OneHalf, int>()").Verify(_x, _target);

    [Fact]
    public void GenericOfSubmodel() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Block
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public Tensor Forward(Tensor x) => Nn.Relu(_a.Forward(x)) + x;
        }

        public sealed partial class Pair<T>(T first, T second)
        {
            public T First { get; } = first;

            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _own = new(4, 4);

            private readonly T _second = second;

            [Differentiable]
            public Tensor Forward(Tensor x) => _own.Forward(x) + x;
        }

        public sealed partial class Model
        {
            private readonly Pair<int> _pair = new(1, 2);
            private readonly Pair<string> _other = new("a", "b");

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(_other.Forward(Nn.Relu(_pair.Forward(x))), target);
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void Record() => new ProgramCheck(
        """
        using Lora;

        public sealed partial record Model(int Dim, bool Deep)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Deep ? _a.Forward(_a.Forward(x)) : x, target) * Dim;
        }
        """,
        "new Model(4, true)").Verify(_x, _target);

    [Fact]
    public void PrimaryConstructorParameterInTheBody() => new ProgramCheck(
        """
        using Lora;

        public sealed partial class Model(int dim, int depth, float scale)
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(dim, dim);

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                for (int i = 0; i < depth; i++)
                {
                    x = _a.Forward(x);
                }

                return scale * Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model(4, 3, 0.5f)").Verify(_x, _target);

    [Fact]
    public void OrdinaryConstructor() => new ProgramCheck(
        """
        namespace Plain
        {
            using L = Lora.Linear;

            public partial class Model
            {
                [Lora.Lora(Rank = 2, Alpha = 3)] private L _a, _b;
                private int depth;

                public Model(int dim)
                {
                    _a = new L(dim, dim);
                    _b = new L(dim, dim, bias: false);
                    depth = 2;
                }

                [Lora.Differentiable]
                public float Loss(Lora.Tensor x, Lora.Tensor target)
                {
                    for (int i = 0; i < depth; i++)
                    {
                        x = Lora.Nn.Relu(_a.Forward(x)) + _b.Forward(x);
                    }

                    return Lora.Nn.MseLoss(x, target);
                }
            }
        }
        """,
        "new Model(4)").Verify(_x, _target);

    [Fact]
    public void NullableDisabled() => new ProgramCheck(
        """
        #nullable disable
        using Lora;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new Linear(4, 4);
            private readonly Linear _none = null;
            private readonly string _name = null;

            [Differentiable]
            public Tensor Forward(Tensor x, Tensor extra)
            {
                Tensor h = _a.Forward(x);
                if (extra != null)
                {
                    h = h + extra;
                }

                if (_none != null)
                {
                    h = _none.Forward(h);
                }

                return _name == "deep" ? _a.Forward(h) : Nn.Relu(h);
            }
        }
        """,
        "new Model()")
    { Method = "Forward" }.Verify(_x, _target);

    [Fact]
    public void SeveralPartialFiles() => new ProgramCheck(
        """
        using Lora;

        public partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
        }

        partial class Model
        {
            [Lora(Rank = 3, Alpha = 2), StateName("second.linear")] private readonly Linear _b = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Run(x), target);
        }

        public sealed partial class Model
        {
            [Differentiable]
            public Tensor Run(Tensor x) => _b.Forward(Nn.Relu(_a.Forward(x)));
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void DerivedFromAPlainClass() => new ProgramCheck(
        """
        using Lora;

        public abstract class Named
        {
            protected readonly int _times = 2;

            public abstract string Name { get; }
        }

        public sealed partial class Model : Named, IDisposable
        {
            [Lora(Rank = 2, Alpha = 3)] internal readonly Linear a = new(4, 4);

            public override string Name => "model";

            public void Dispose()
            {
            }

            [Differentiable]
            public float Loss(Tensor x, Tensor target)
            {
                for (int i = 0; i < _times; i++)
                {
                    x = a.Forward(x);
                }

                return Nn.MseLoss(x, target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);

    [Fact]
    public void Aliases() => new ProgramCheck(
        """
        using Lora;
        using T = Lora.Tensor;
        using static Lora.Nn;
        using Activation = Lora.Nn;

        namespace System.Lora.Numerics;

        public sealed partial class Model
        {
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
            private const int Depth = 2;

            private static int Count => 1;

            [Differentiable]
            public float Loss(T x, T target)
            {
                for (int i = 0; i < Depth * Count; i++)
                {
                    x = Relu(_a.Forward(x)) + x;
                }

                return MseLoss(Activation.Relu(x), target);
            }
        }
        """,
        "new Model()").Verify(_x, _target);
}
