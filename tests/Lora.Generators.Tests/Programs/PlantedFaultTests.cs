namespace Lora.Generators.Tests;

/// <summary>The checker finds derivatives that are wrong.</summary>
public class PlantedFaultTests
{
    private static readonly Tensor _x = Inputs.Normal(1, 5, 4);
    private static readonly Tensor _target = Inputs.Normal(2, 5, 4);

    [Theory]
    [InlineData("2.01f")]
    [InlineData("1.99f")]
    [InlineData("-2")]
    [InlineData("1")]
    [InlineData("0")]
    public void WrongFactor(string factor)
    {
        var check = new ProgramCheck(UserOperationTests.Square(factor), "new Model()");
        Should.Throw<ProgramFaultException>(() => check.Verify(_x, _target)).Message.ShouldStartWith("The gradient of a.lora_A is off by");
    }

    [Theory]
    [InlineData("0", "a.Span[i]")]
    [InlineData("b.Span[i]", "0")]
    [InlineData("a.Span[i]", "a.Span[i]")]
    [InlineData("b.Span[i]", "-a.Span[i]")]
    [InlineData("(b.Span[i] *= 2) / 2", "a.Span[i]")]
    public void MissingOrWrongTerm(string left, string right)
    {
        var check = new ProgramCheck(UserOperationTests.Product(left, right), "new Model()") { AllocatesByItself = true };
        Should.Throw<ProgramFaultException>(() => check.Verify(_x, _target)).Message.ShouldContain("The gradient of a.lora_A is off by");
    }

    [Fact]
    public void GradientThatIsWrittenInsteadOfAddedTo()
    {
        var check = new ProgramCheck(
            """
            using Lora;

            public static class Ops
            {
                [Derivative(nameof(CopyBackward), Into = nameof(CopyInto))]
                public static Tensor Copy(Tensor x) => Operation.Run(CopyInto, x, x.Shape);

                public static void CopyInto(Tensor x, Tensor result) => x.Span.CopyTo(result.Span);

                public static void CopyBackward(Tensor gradResult, Tensor gradX) => gradResult.Span.CopyTo(gradX.Span);
            }

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

                [Differentiable]
                public float Loss(Tensor x, Tensor target)
                {
                    Tensor h = _a.Forward(x);
                    return Nn.MseLoss(Ops.Copy(h) + Nn.Relu(h), target);
                }
            }
            """,
            "new Model()");
        Should.Throw<ProgramFaultException>(() => check.Verify(_x, _target)).Message.ShouldContain("The gradient of a.lora_A is off by");
    }

    [Fact]
    public void UnusedParameter()
    {
        var check = new ProgramCheck(
            """
            using Lora;

            public sealed partial class Model
            {
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);
                [Lora(Rank = 2, Alpha = 3)] private readonly Linear _b = new(4, 4);

                [Differentiable]
                public float Loss(Tensor x, Tensor target, bool useB) => Nn.MseLoss(useB ? _b.Forward(x) : _a.Forward(x), target);
            }
            """,
            "new Model()");
        Should.Throw<ProgramFaultException>(() => check.Verify(_x, _target, false)).Message.ShouldContain("b.lora_A is zero by differences");
    }

    [Fact]
    public void BodyThatChangesAFrozenTensor() => Should.Throw<ProgramFaultException>(() => new ProgramCheck(
        """
        using Lora;

        public static class Ops
        {
            [Derivative(nameof(SpoilBackward), Into = nameof(SpoilInto))]
            public static Tensor Spoil(Tensor x) => Operation.Run(SpoilInto, x, x.Shape);

            public static void SpoilInto(Tensor x, Tensor result) => x.Span.CopyTo(result.Span);

            public static void SpoilBackward(Tensor gradResult, Tensor gradX)
            {
                for (int i = 0; i < gradResult.Length; i++)
                {
                    gradX.Span[i] += gradResult.Span[i];
                }

                Model.Scale.Span[0] += 0.001f;
            }
        }

        public sealed partial class Model
        {
            public static Tensor Scale = Tensor.From([0.5f, 1.5f, -1f, 2f], 4);
            private readonly Tensor _scale = Scale;
            [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(4, 4);

            [Differentiable]
            public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Ops.Spoil(_a.Forward(x)), target);
        }
        """,
        "new Model()").Verify(_x, _target)).Message.ShouldContain("Training changed frozen values");

    [Fact]
    public void GradientsAreHeldTogetherByRelativeNorm()
    {
        double[] differences = [3, 0, -4];
        CentralDifferences.Compare("exact", [3, 0, -4], differences, mayBeZero: false);
        CentralDifferences.Compare("close", [3.003f, 0.003f, -4], differences, mayBeZero: false);
        Should.Throw<ProgramFaultException>(() => CentralDifferences.Compare("far", [3.006f, 0, -4], differences, mayBeZero: false));
        Should.Throw<ProgramFaultException>(() => CentralDifferences.Compare("NaN", [float.NaN, 0, -4], differences, mayBeZero: false));
        Should.Throw<ProgramFaultException>(() => CentralDifferences.Compare("short", [3, 0], differences, mayBeZero: false));
        Should.Throw<ProgramFaultException>(() => CentralDifferences.Compare("zero", [0, 0], [0, 0], mayBeZero: false));
        Should.Throw<ProgramFaultException>(() => CentralDifferences.Compare("not zero", [1e-3f, 0], [0, 0], mayBeZero: true));
        CentralDifferences.Compare("zero", [0, 0], [0, 0], mayBeZero: true);
    }
}
