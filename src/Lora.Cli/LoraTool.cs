using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lora.Cli;

/// <summary>The tool: its commands, and how each ends.</summary>
internal static partial class LoraTool
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="terminal">Where it writes.</param>
    /// <param name="cancellation">Stops what is running, as Ctrl-C does.</param>
    /// <returns>0, or 1 after an error, or 130 where it was stopped.</returns>
    public static int Run(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation = default)
    {
        RootCommand root = NewRoot(terminal, cancellation);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors is [var first, ..])
        {
            string command = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
            string fault = parsed.UnmatchedTokens is [var unknown, ..] ? $"There is no command or option '{unknown}'." : NotParsed().Replace(first.Message, "$2 is $1, which is no number.");
            return Fail(terminal, $"{fault} See 'lora{command} --help'.");
        }

        if (parsed.CommandResult.Children.FirstOrDefault(IsEmpty) is { } empty)
        {
            return Fail(terminal, $"{(empty is OptionResult { Option.Name: var option } ? option : ((ArgumentResult)empty).Argument.HelpName)} is empty.");
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Output,
                Error = terminal.Error,
            });
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception fault) when (fault is ArgumentException or ArithmeticException or InvalidOperationException or InvalidDataException or IOException
            or NotSupportedException or SafetensorsException or UnauthorizedAccessException or OutOfMemoryException or PeftAdapterException { Faults.Count: <= FaultsShown })
        {
            return Fail(terminal, fault.Message);
        }
        catch (PeftAdapterException fault)
        {
            string all = string.Join("; ", fault.Faults);
            string shown = string.Join("; ", fault.Faults.Take(FaultsShown));
            return Fail(terminal, fault.Message.Replace(all, string.Create(CultureInfo.InvariantCulture, $"{shown}; and {fault.Faults.Count - FaultsShown:N0} more of the kind"), StringComparison.Ordinal));
        }
        catch (Exception fault)
        {
            return Fail(terminal, $"{fault.Message} ({fault.GetType().Name})");
        }
    }

    private const int FaultsShown = 4;

    /// <summary>The exit code after Ctrl-C.</summary>
    internal const int Interrupted = 130;

    private static RootCommand NewRoot(Terminal terminal, CancellationToken cancellation) =>
        new("Fine-tunes language models with LoRA on the CPU, and works with the adapters: Hugging Face folders in, PEFT adapters out.")
        {
            InspectCommand.New(terminal),
            FinetuneCommand.New(terminal, cancellation),
            EvaluateCommand.New(terminal, cancellation),
            GenerateCommand.New(terminal, cancellation),
            MergeCommand.New(terminal),
            ConvertCommand.New(terminal),
        };

    // Such as a variable of the shell that is not set. A text may be empty.
    private static bool IsEmpty(SymbolResult given) => given is not OptionResult { Option.HelpName: CommonOptions.Text } && given.Tokens.Any(token => token.Value.Length == 0);

    private static int Fail(Terminal terminal, string message)
    {
        string line = Space().Replace(ParameterName().Replace(message, ""), " ").Trim();
        terminal.Error.WriteLine($"lora: {Twice().Replace(line, "$1")}");
        return 1;
    }

    // What .NET adds to the message of an ArgumentException.
    [GeneratedRegex(@" \(Parameter '[^']*'\)")]
    private static partial Regex ParameterName();

    // The value once more, which .NET adds to the message of an ArgumentOutOfRangeException that has it.
    [GeneratedRegex(@"^(.* is (\S+);.*) Actual value was \2\.$")]
    private static partial Regex Twice();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for option '(.*)' as expected type '.*'\.$")]
    private static partial Regex NotParsed();
}
