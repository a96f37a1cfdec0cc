using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Lora.Generators.Tests;

/// <summary>Targets of <c>ApplyLora</c> that no layer's path contains are reported where they stand.</summary>
public class TargetTests
{
    private const string Models = """
        public sealed partial class Attention
        {
            private readonly Linear _qProj = new(4, 4);
            private readonly Linear _vProj = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _vProj.Forward(_qProj.Forward(x));
        }
        public sealed partial class Decoder
        {
            private readonly Embedding _tokens = new(10, 4);
            private readonly Attention[] _layers = [new(), new()];
            private readonly List<Linear> _experts = [new(4, 4)];
            [Trainable] private readonly RmsNorm _norm = new(4);
            [StateName("lm_head")] private readonly Linear _out = new(4, 4);
            private readonly Linear[] _unused = [];
            private readonly Linear[][] _grid = [[new(4, 4)]];
            [Differentiable] public Tensor Forward(ReadOnlySpan<int> ids)
            {
                Tensor x = _tokens.Forward(ids);
                foreach (Attention layer in _layers) { x = layer.Forward(x); }
                foreach (Linear expert in _experts) { x = expert.Forward(x); }
                return _out.Forward(_norm.Forward(x));
            }
        }
        """;

    [Theory]
    [InlineData("""new LoraOptions { TargetModules = ["q_proj", {|LORA0008:"k_proj"|}] }""")]
    [InlineData("""new() { Rank = 2, TargetModules = [{|LORA0008:"qproj"|}] }""")]
    [InlineData("""new LoraOptions { TargetModules = new[] { {|LORA0008:"norm"|}, "lm_head", "proj", "_" } }""")]
    [InlineData("""new LoraOptions { TargetModules = new string[] { {|LORA0008:"out"|} } }""")]
    [InlineData("""new LoraOptions { TargetModules = new List<string> { {|LORA0008:"Lm_head"|}, "experts" } }""")]
    [InlineData("""new LoraOptions { TargetModules = [{|LORA0008:Name|}, {|LORA0008:nameof(Attention)|}, {|LORA0008:"q_" + "prj"|}, "q" + "_proj", Good] }""")]
    [InlineData("""new LoraOptions { TargetModules = ["layers.1.v_proj", "grid.1.12", {|LORA0008:"grid.x"|}, "ers.12", "layers.0", {|LORA0008:"layers.q_proj"|}, {|LORA0008:"layers.x"|}, {|LORA0008:"experts.0.q"|}] }""")]
    [InlineData("""new LoraOptions { TargetMatching = TargetMatching.Suffix, TargetModules = ["q_proj", "layers.3.q_proj", {|LORA0008:"proj"|}, {|LORA0008:"layers.3"|}, "experts.11", "11"] }""")]
    [InlineData("""new LoraOptions { TargetMatching = TargetMatching.Regex, TargetModules = [".*_proj", @"layers\.1\.q_proj", {|LORA0008:"q_proj"|}, {|LORA0008:"("|}, @"experts\.\d+"] }""")]
    [InlineData("""new LoraOptions { TargetMatching = TargetMatching.AllLinear, TargetModules = ["nothing"] }""")]
    [InlineData("""new LoraOptions { TargetMatching = Dynamic, TargetModules = ["nothing"] }""")]
    [InlineData("""new LoraOptions { TargetModules = [Dynamic.ToString(), .. new[] { "q_proj" }] }""")]
    [InlineData("""new LoraOptions { TargetModules = Good2 }""")]
    [InlineData("""new LoraOptions { Rank = 2 }""")]
    public void Options(string options) => DiagnosticHarness.Verify(Models, $$"""
        public static class Program
        {
            private const string Name = "k_proj";
            private const string Good = "v_proj";
            private static readonly string[] Good2 = [];
            private static TargetMatching Dynamic => TargetMatching.Suffix;
            public static void Run(Decoder decoder, Decoder? missing)
            {
                decoder.ApplyLora({{options}});
                missing?.ApplyLora({{options}});
            }
        }
        """);

    [Fact]
    public void Locals() => DiagnosticHarness.Verify(Models, """
        public static class Program
        {
            public static void Run(Decoder decoder)
            {
                var options = new LoraOptions { TargetModules = [{|LORA0008:"k_proj"|}] };
                decoder.ApplyLora(options);
                LoraOptions other = new() { TargetModules = ["k_proj"] };
                other = new();
                decoder.ApplyLora(other);
            }
        }
        """);

    [Fact]
    public void WithinTheModelAndAtTheTop() => DiagnosticHarness.Verify("""
        public sealed partial class Model
        {
            private readonly Linear _head = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _head.Forward(x);
            public void Adapt() => ApplyLora(new LoraOptions { TargetModules = ["head", {|LORA0008:"tail"|}] });
        }
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OfAnotherAssembly(bool isReferenceAssembly)
    {
        CSharpCompilation library = DiagnosticHarness.Verify(Models + """
            public sealed partial class Properties
            {
                public Linear Auto { get; } = new(4, 4);
                [Lora] internal partial Linear Partial { get; private set; }
                public Linear Computed => Auto;
                private static readonly Linear _shared = new(4, 4);
                public Properties() { Partial = new(4, 4); }
                [Differentiable] public Tensor Forward(Tensor x) => Auto.Forward(Partial.Forward(x));
            }
            """);
        using var image = new MemoryStream();
        library.Emit(image, options: new EmitOptions(metadataOnly: isReferenceAssembly, includePrivateMembers: !isReferenceAssembly), cancellationToken: TestContext.Current.CancellationToken).Success.ShouldBeTrue();
        string mark = isReferenceAssembly ? "{0}" : "{{|LORA0008:{0}|}}";
        string Marked(string target) => string.Format(CultureInfo.InvariantCulture, mark, $"\"{target}\"");
        DiagnosticHarness.VerifyWith(MetadataReference.CreateFromImage(image.ToArray()), $$"""
            public sealed partial class Mine
            {
                private readonly Decoder _decoder = new();
                [Differentiable] public Tensor Forward(ReadOnlySpan<int> ids) => _decoder.Forward(ids);
            }
            public static class Program
            {
                public static void Run(Decoder decoder, Mine mine, Properties properties)
                {
                    decoder.ApplyLora(new LoraOptions { TargetModules = ["q_proj", "layers.1.v_proj", "grid.2.0", {{Marked("k_proj")}}, {{Marked("norm")}}] });
                    mine.ApplyLora(new LoraOptions { TargetModules = ["decoder.layers.7.q_proj", "lm_head", {{Marked("decoder.head")}}] });
                    properties.ApplyLora(new LoraOptions { TargetModules = ["auto", "partial", {{Marked("computed")}}, {{Marked("shared")}}, {{Marked("stored")}}] });
                }
            }
            """);
    }

    [Fact]
    public void WhatIsNotKnownIsNotReported() => DiagnosticHarness.Verify(Models, """
        public sealed partial class Generic<T> where T : ILoraModel
        {
            private readonly T _inner = default!;
            [Differentiable] public Tensor Forward(Tensor x) => x;
        }
        public sealed partial class Tree
        {
            private readonly Tree? _left = null;
            private readonly Linear _own = new(4, 4);
            [Differentiable] public Tensor Forward(Tensor x) => _own.Forward(x);
        }
        public static class Program
        {
            private static readonly LoraOptions _options = new() { TargetModules = ["k_proj"] };
            public static void Run(Generic<Decoder> generic, ILoraModel model, Tree tree, Other other)
            {
                generic.ApplyLora(new LoraOptions { TargetModules = ["k_proj"] });
                model.ApplyLora(new LoraOptions { TargetModules = ["k_proj"] });
                tree.ApplyLora(new LoraOptions { TargetModules = ["k_proj"] });
                other.ApplyLora(new LoraOptions { TargetModules = ["k_proj"] });
            }
        }
        public sealed class Other { public void ApplyLora(LoraOptions options) { } }
        """);
}
