namespace Lora.Cli.Tests;

/// <summary>Runs the tool in this process, as with redirected output.</summary>
internal static class Tool
{
    public static ToolResult Run(params IEnumerable<string> args) => Run(TestContext.Current.CancellationToken, args);

    public static ToolResult Run(CancellationToken cancellation, params IEnumerable<string> args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = LoraTool.Run([.. args], new Terminal(output, error, isInteractive: false), cancellation);
        return new ToolResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command that is to succeed.</summary>
    /// <returns>Its output.</returns>
    public static string Succeed(params IEnumerable<string> args)
    {
        ToolResult result = Run(args);
        result.Error.ShouldBeEmpty();
        result.Code.ShouldBe(0, result.Output);
        return result.Output;
    }

    /// <summary>Runs a command that is to fail with one line.</summary>
    /// <returns>That line.</returns>
    public static string Fail(params IEnumerable<string> args)
    {
        ToolResult result = Run(args);
        result.Code.ShouldBe(1);
        result.Error.ShouldStartWith("lora: ");
        result.Error.Trim().Split('\n').Length.ShouldBe(1, result.Error);
        return result.Error.Trim();
    }
}

/// <param name="Code">The exit code.</param>
/// <param name="Output">What was written to the standard output.</param>
/// <param name="Error">What was written to the standard error.</param>
internal sealed record ToolResult(int Code, string Output, string Error);
