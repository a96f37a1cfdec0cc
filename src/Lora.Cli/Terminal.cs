using Spectre.Console;

namespace Lora.Cli;

/// <summary>Where a command writes: text and tables, with colour and live display where a person looks on.</summary>
internal sealed class Terminal
{
    private const int RedirectedWidth = 160;

    /// <summary>Makes a terminal.</summary>
    /// <param name="output">Takes what was asked for.</param>
    /// <param name="error">Takes errors.</param>
    /// <param name="isInteractive">Whether a person looks on.</param>
    public Terminal(TextWriter output, TextWriter error, bool isInteractive)
        : this(NewConsole(output, isInteractive), output, error)
    {
        if (!isInteractive)
        {
            Ansi.Profile.Width = RedirectedWidth;
        }
    }

    /// <summary>Makes a terminal of a console.</summary>
    /// <param name="ansi">Takes tables, and the live display where it is interactive.</param>
    /// <param name="output">Takes what was asked for: the console's own writer.</param>
    /// <param name="error">Takes errors.</param>
    public Terminal(IAnsiConsole ansi, TextWriter output, TextWriter error)
    {
        Ansi = ansi;
        Output = output;
        Error = error;
    }

    private static IAnsiConsole NewConsole(TextWriter output, bool isInteractive) =>
        AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public IAnsiConsole Ansi { get; }

    /// <summary>The terminal of the process.</summary>
    public static Terminal Standard() => new(Console.Out, Console.Error, !Console.IsOutputRedirected);

    /// <summary>Writes one line.</summary>
    public void Line(string text) => Output.WriteLine(text);
}
