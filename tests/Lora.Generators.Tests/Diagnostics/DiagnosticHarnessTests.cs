namespace Lora.Generators.Tests;

/// <summary>The harness refuses what is not exactly as it is marked.</summary>
public class DiagnosticHarnessTests
{
    private const string Model = """
        public sealed partial class Model
        {
            [Lora(Rank = 0)] private readonly Linear _a = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _a.Forward(x);
        }
        """;

    [Fact]
    public void WhatIsMarked() => DiagnosticHarness.VerifyAlone(Model.Replace("_a =", "{|LORA0003:_a|} ="));

    [Theory]
    [InlineData("_a =", "_a =", "expected \"0\" actual \"1\"")]
    [InlineData("_a =", "{|LORA0006:_a|} =", "LORA0006")]
    [InlineData("Linear _a", "{|LORA0003:Linear _a|}", "Expected diagnostic to start at")]
    [InlineData("_a =", "{|LORA0003:_a =|}", "Expected diagnostic to end at")]
    [InlineData("_a =", "{|LORA0003:{|LORA0009:_a|}|} =", "expected \"2\" actual \"1\"")]
    [InlineData("_a =", "{|LORA0003:{|LORA0003:_a|}|} =", "expected \"2\" actual \"1\"")]
    public void AnyOtherMark(string text, string marked, string message) =>
        Should.Throw<InvalidOperationException>(() => DiagnosticHarness.Verify(Model.Replace(text, marked))).Message.ShouldContain(message);

    [Fact]
    public void AnErrorOfTheUsers()
    {
        string marked = Model.Replace("_a =", "{|LORA0003:_a|} =").Replace("new(4, 4)", "new(missing, 4)");
        DiagnosticHarness.Verify(marked);
        Should.Throw<InvalidOperationException>(() => DiagnosticHarness.VerifyAlone(marked)).Message.ShouldContain("CS0103");
    }

    [Fact]
    public void AnAnalyzerThatThrows() =>
        Should.Throw<InvalidOperationException>(() => AnalyzerTest.Run([new ThrowingAnalyzer()], [("File0.cs", "class C;")], compiles: true)).Message.ShouldContain(ThrowingAnalyzer.Message);
}
