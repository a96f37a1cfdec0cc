namespace Lora.Cli.Tests;

/// <summary>Runs the tool in this process, as with redirected output.</summary>
internal static class Tool
{
    /// <summary>Runs a command.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="seen">Is shown each line that it writes.</param>
    public static ToolResult Run(IEnumerable<string> args, CancellationToken cancellation, Action<string>? seen = null)
    {
        using var output = new SeenWriter(seen);
        using var error = new StringWriter();
        int code = LoraTool.Run([.. args], new Terminal(output, error, isInteractive: false), cancellation);
        return new ToolResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command that is to succeed.</summary>
    /// <returns>Its output.</returns>
    public static string Succeed(params IEnumerable<string> args)
    {
        ToolResult result = Run(args, TestContext.Current.CancellationToken);
        result.Error.ShouldBeEmpty();
        result.Code.ShouldBe(0, result.Output);
        return result.Output;
    }

    /// <summary>Runs a command that is to fail with one line.</summary>
    /// <returns>That line.</returns>
    public static string Fail(params IEnumerable<string> args)
    {
        ToolResult result = Run(args, TestContext.Current.CancellationToken);
        result.Code.ShouldBe(1);
        result.Error.ShouldStartWith("lora: ");
        result.Error.Trim().Split('\n').Length.ShouldBe(1, result.Error);
        return result.Error.Trim();
    }
}

/// <summary>Shows lines when they are written.</summary>
internal sealed class SeenWriter(Action<string>? seen) : StringWriter
{
    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        seen?.Invoke(value ?? "");
    }
}

/// <param name="Code">The exit code.</param>
/// <param name="Output">What was written to the standard output.</param>
/// <param name="Error">What was written to the standard error.</param>
internal sealed record ToolResult(int Code, string Output, string Error);
