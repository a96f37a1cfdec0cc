namespace Lora.Generators.Tests;

/// <summary>What an annotation is set to is the value of the constant, however it is written.</summary>
public class AnnotationConstantTests
{
    [Theory]
    [InlineData("None")]
    [InlineData("Other.None")]
    [InlineData("Other.None * 7 / 2 % 3")]
    [InlineData("1 - 1")]
    [InlineData("-(2 << 1)")]
    [InlineData("~0")]
    [InlineData("sizeof(int) - 4")]
    [InlineData("true ? 0 : 8")]
    [InlineData("(int)0.9")]
    [InlineData("(int)Other.Kind.First")]
    [InlineData("nameof(Other).Length - nameof(Other).Length", false)]
    [InlineData("unchecked(int.MaxValue + 1)")]
    [InlineData("unchecked((int)uint.MaxValue)")]
    [InlineData("int.MaxValue + 1", false)]
    [InlineData("checked((int)uint.MaxValue)", false)]
    [InlineData("1 / (None + 0)", false)]
    [InlineData("1 << 31")]
    [InlineData("'\\0'")]
    [InlineData("default")]
    [InlineData("None + 1", true, "_a")]
    [InlineData("'\\b'", true, "_a")]
    [InlineData("unchecked(int.MinValue - 1) % 7 + 2", true, "_a")]
    public void Rank(string value, bool isConstant = true, string? named = null) =>
        Verify($"Rank = {value}", named ?? (isConstant ? "{|LORA0003:_a|}" : "_a"), isConstant);

    [Theory]
    [InlineData("float.NaN")]
    [InlineData("Other.NotANumber")]
    [InlineData("-float.NaN + 1")]
    [InlineData("0f / 0")]
    [InlineData("(float)double.NaN")]
    [InlineData("float.PositiveInfinity - float.PositiveInfinity")]
    [InlineData("float.NegativeInfinity")]
    [InlineData("float.MaxValue * 2")]
    [InlineData("(float)1e39")]
    [InlineData("(float)1e-60")]
    [InlineData("float.Epsilon / 2")]
    [InlineData("-0f")]
    [InlineData("None")]
    [InlineData("None - 0.5f")]
    [InlineData("1e39f", false, "{|LORA0006:_a|}")] // An error of the compiler's, to which it is infinity.
    [InlineData("2 * 8.0", false)]
    [InlineData("float.Epsilon", true, "_a")]
    [InlineData("float.MaxValue", true, "_a")]
    [InlineData("2 * Other.Eight", true, "_a")]
    public void Alpha(string value, bool isConstant = true, string? named = null) =>
        Verify($"Rank = 2, Alpha = {value}", named ?? (isConstant ? "{|LORA0006:_a|}" : "_a"), isConstant);

    [Theory]
    [InlineData("\"head\"")]
    [InlineData("Name")]
    [InlineData("Other.Prefix + \"ad\"")]
    [InlineData("$\"{Other.Prefix}ad\"")]
    [InlineData("nameof(Other.head)")]
    [InlineData("\"he\\u0061d\"")]
    [InlineData("\"Head\"", "_a")]
    [InlineData("nameof(Head)", "_a")]
    public void StateName(string value, string named = "{|LORA0007:_a|}") => DiagnosticHarness.VerifyAlone(
        $$"""
        public sealed partial class Model
        {
            private const string Name = "head";
            [Lora] private readonly Linear _head = new(4, 4);
            [StateName({{value}})] private readonly Linear {{named}} = new(4, 4);
            public static int Head => Name.Length;
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(_head.Forward(x));
        }
        public static class Other
        {
            public const string Prefix = "he";
            public static int head => 1;
        }
        """);

    private static void Verify(string settings, string named, bool isConstant)
    {
        string file = $$"""
            public sealed partial class Model
            {
                private const int None = 0;
                [Lora({{settings}})] private readonly Linear {{named}} = new(4, 4);
                public static int Number => None;
                [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
                public int Use(Tensor x) => ForwardWithPullback(x).Value.Rank + A.Rank;
            }
            public static class Other
            {
                public const int None = Model.Zero;
                public const int Eight = 1 << 3;
                public const float NotANumber = float.NaN;
                public enum Kind { First }
            }
            partial class Model { internal const int Zero = None; }
            """;
        if (isConstant)
        {
            DiagnosticHarness.VerifyAlone(file);
        }
        else
        {
            // The compiler says why.
            DiagnosticHarness.Verify(file).GetDiagnostics().ShouldContain(diagnostic => diagnostic.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error);
        }
    }
}
