namespace Lora.Generators.Tests;

/// <summary>An adapter on an embedding whose table is the head too is refused.</summary>
public class TiedWeightTests
{
    [Fact]
    public void OneSideAdapted() => DiagnosticHarness.VerifyAlone(
        """
        public sealed partial class Model
        {
            [Lora] private readonly Embedding {|LORA0011:_tokens|} = new(8, 4);
            [Lora] private readonly Linear _body = new(4, 4);
            [Differentiable] public Tensor Logits(ReadOnlySpan<int> ids) => Nn.Project(_body.Forward(_tokens.Forward(ids)), _tokens);
            [Differentiable] public Tensor Again(ReadOnlySpan<int> ids) => Nn.Project(embedding: _tokens, x: _body.Forward(_tokens.Forward(ids)));
            public Tensor Use() => LogitsWithPullback([1, 2]).Value;
        }
        """);

    [Fact]
    public void OfASubmodel() => DiagnosticHarness.VerifyAlone(
        """
        public sealed partial class Table
        {
            [Lora] public Embedding Tokens { get; } = new(8, 4);
            [Differentiable] public Tensor Forward(ReadOnlySpan<int> ids) => Tokens.Forward(ids);
        }
        public sealed partial class Model
        {
            private readonly Table _table = new();
            [Differentiable] public Tensor Logits(Tensor x) => Nn.Project(x, {|LORA0011:_table.Tokens|});
        }
        """);

    [Fact]
    public void NeitherSideAdapted() => DiagnosticHarness.VerifyAlone(
        """
        public sealed partial class Model
        {
            private readonly Embedding _tokens = new(8, 4);
            [Lora] private readonly Embedding _positions = new(8, 4);
            [Differentiable] public Tensor Logits(ReadOnlySpan<int> ids) => Nn.Project(_tokens.Forward(ids) + _positions.Forward(ids), _tokens);
        }
        """);
}
