using System.Buffers.Binary;
using System.Xml.Linq;
using Spectre.Console.Testing;

namespace Lora.Cli.Tests;

/// <summary>What a person sees on a terminal, what a file or pipe gets, and the curve that is drawn.</summary>
public sealed class DisplayTests : ToolTests
{
    [Fact]
    public void A_terminal_gets_a_bar_that_moves_with_loss_speed_and_time_left()
    {
        using TestConsole console = new TestConsole().Interactive().EmitAnsiSequences().Width(160);
        string data = Write("eval.jsonl", "{\"input_ids\": [1, 5, 9, 12]}");
        using var error = new StringWriter();
        int code = LoraTool.Run(
            [.. Training("--steps", "6", "--eval", data, "--out", PathOf("out"))], new Terminal(console, console.Profile.Out.Writer, error), TestContext.Current.CancellationToken);
        code.ShouldBe(0, error.ToString());
        console.Output.ShouldContain('\u001b');
        console.Output.ShouldContain("100%");
        console.Output.ShouldContain("6/6  loss ");
        console.Output.ShouldMatch(@"6/6  loss \d+\.\d+  lr \S+  [\d,]+ tokens/s  \d+:\d\d left  held-out \d+\.\d+");
        console.Output.ShouldNotContain("step      6/6");
    }

    [Fact]
    public void What_is_no_terminal_gets_plain_lines_with_the_same_figures()
    {
        string output = Tool.Succeed(Training("--steps", "6", "--out", PathOf("out")));
        string[] lines = [.. output.Split('\n').Where(line => line.StartsWith("step ", StringComparison.Ordinal))];
        lines.Length.ShouldBe(6);
        lines.ShouldAllBe(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^step +\d+/6  loss \d+\.\d+  lr \S+  [\d,]+ tokens/s  \d+:\d\d left\s*$"));
        string[] model = ["--model", PathOf("model")];
        string[] data = ["--data", PathOf("rows.jsonl")];
        foreach (string[] command in (string[][])
        [
            ["inspect", PathOf("model")],
            ["inspect", PathOf("out")],
            [.. Training("--steps", "2", "--out", PathOf("out")), "--dry-run"],
            ["evaluate", .. model, .. data],
            ["generate", .. model, "--prompt", "the river", "--max-tokens", "3"],
            ["merge", .. model, "--adapter", PathOf("out"), "--out", PathOf("merged")],
            ["convert", .. model, "--adapter", PathOf("out"), "--out", PathOf("adapter.gguf")],
            ["finetune", "--help"],
            ["--help"],
        ])
        {
            Tool.Succeed(command).ShouldNotContain('\u001b', customMessage: string.Join(' ', command));
        }
    }

    /// <summary>Help says what a command does, and of each option what it is for.</summary>
    [Theory]
    [InlineData("inspect", "PATH", "--targets", "--json")]
    [InlineData("finetune", "--model", "--data", "--eval", "--rank", "--alpha", "--targets", "--rslora", "--dora", "--dropout", "--init", "--optimizer", "--lr", "--weight-decay", "--betas", "--eps",
        "--clip", "--schedule", "--warmup", "--steps", "--epochs", "--batch", "--accumulate", "--seq", "--seed", "--no-shuffle", "--threads", "--weights", "--checkpoint-every", "--resume", "--log", "--out",
        "--plot", "--dry-run")]
    [InlineData("evaluate", "--model", "--adapter", "--data", "--json")]
    [InlineData("generate", "--prompt", "--temperature", "--top-k", "--top-p", "--seed", "--chat")]
    [InlineData("merge", "--model", "--adapter", "--out", "--type")]
    [InlineData("convert", "--adapter", "--out", "--model", "--type")]
    public void Help_says_what_each_command_and_option_is_for(string command, params string[] names)
    {
        string help = Tool.Succeed(command, "--help");
        string summary = Tool.Succeed("--help").Split('\n').Single(line => line.TrimStart().StartsWith(command + " ", StringComparison.Ordinal)).Trim()[command.Length..].Trim();
        summary.TrimStart('<', 'P', 'A', 'T', 'H', '>', ' ').Length.ShouldBeGreaterThan(20);
        help.ShouldContain("Usage:");
        foreach (string name in names)
        {
            string line = help.Split('\n').First(line => line.TrimStart().StartsWith(name.StartsWith('-') ? name : $"<{name}>", StringComparison.Ordinal));
            line.TrimEnd().ShouldMatch(@"\S {2,}\S.*[.)\]]$", name);
        }
    }

    [Fact]
    public void The_losses_are_drawn_as_png_and_as_svg()
    {
        string data = Write("eval.jsonl", "{\"input_ids\": [1, 5, 9, 12]}");
        Tool.Succeed(Training("--steps", "6", "--eval", data, "--plot", PathOf("new/curve.png"), "--out", PathOf("out")));
        byte[] png = File.ReadAllBytes(PathOf("new/curve.png"));
        png[1..4].ShouldBe("PNG"u8.ToArray());
        BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)).ShouldBe(800);
        BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)).ShouldBe(450);

        Tool.Succeed(Training("--steps", "6", "--plot", PathOf("curve.svg"), "--out", PathOf("out")));
        XElement svg = XDocument.Load(PathOf("curve.svg")).Root!;
        svg.Name.LocalName.ShouldBe("svg");
        svg.Attribute("width")!.Value.ShouldBe("800");
        int circles = MarkersOf(svg);
        Tool.Succeed(Training("--steps", "6", "--eval", data, "--plot", PathOf("held-out.svg"), "--out", PathOf("out")));
        MarkersOf(XDocument.Load(PathOf("held-out.svg")).Root!).ShouldBeGreaterThan(circles);
    }

    // The losses on held-out texts alone have a marker each.
    private static int MarkersOf(XElement svg) => svg.Descendants().Count(element => element.Name.LocalName is "ellipse" or "circle");

    [Fact]
    public void A_curve_that_cannot_be_drawn_is_refused_before_the_training()
    {
        Tool.Fail(Training("--steps", "2", "--plot", PathOf("curve.pdf"), "--out", PathOf("out"))).ShouldContain("drawn as .png or .svg");
        Write("file", "");
        Tool.Fail(Training("--steps", "2", "--plot", PathOf("file/curve.png"), "--out", PathOf("out"))).ShouldContain("file");
        Directory.Exists(PathOf("out")).ShouldBeFalse();
    }
}
