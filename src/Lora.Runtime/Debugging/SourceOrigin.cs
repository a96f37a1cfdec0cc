using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Lora;

/// <summary>Where in a user's method a generated line comes from: above each generated statement stands the user's own, as a comment.</summary>
/// <param name="Method">The class and its method.</param>
/// <param name="Operation">The operation, where the generated text is at hand.</param>
/// <param name="Statement">The user's statement, where the generated text is at hand.</param>
/// <param name="Place">The generated file and line, or nothing.</param>
internal sealed partial record SourceOrigin(string Method, string? Operation, string? Statement, string Place)
{
    private const int DeepestFrame = 16;
    private const int LinesToOperation = 8;
    private static readonly string? _runtime = typeof(SourceOrigin).Assembly.FullName;

    /// <summary>The generated line that called the runtime.</summary>
    public static SourceOrigin OfCaller()
    {
        for (int depth = 1; depth < DeepestFrame; depth++)
        {
            var frame = new StackFrame(depth, needFileInfo: true);
            if (DiagnosticMethodInfo.Create(frame) is { } method && method.DeclaringAssemblyName != _runtime)
            {
                return Of(frame, method);
            }
        }

        return new SourceOrigin("a model", null, null, "");
    }

    /// <summary>The words that say where a number came from.</summary>
    public override string ToString() =>
        $"in {Method}{(Statement is null ? "" : $", in the statement '{Statement}'")}{(Place.Length > 0 ? $" ({Place})" : "")}";

    private static SourceOrigin Of(StackFrame frame, DiagnosticMethodInfo method)
    {
        string type = method.DeclaringTypeName ?? "";
        string name = $"{type[(type.LastIndexOf('.') + 1)..]}.{PassName().Replace(method.Name, "")}";
        if (method.Name.EndsWith("WithPullback", StringComparison.Ordinal))
        {
            return new SourceOrigin(name, "An argument", null, "");
        }

        if (frame.GetFileName() is not { } file || frame.GetFileLineNumber() is not (> 0 and var line))
        {
            return new SourceOrigin(name, null, null, "");
        }

        string place = $"{Path.GetFileName(file)}, line {line}";
        return GeneratedSource.Lines(file, method.DeclaringAssemblyName) is { } lines && line <= lines.Length
            ? new SourceOrigin(name, OperationAt(lines, line - 1), StatementAbove(lines, line - 1), place)
            : new SourceOrigin(name, null, null, place);
    }

    // Results and gradients are rented on lines of their own, before the operation that writes them.
    private static string? OperationAt(string[] lines, int index)
    {
        for (int i = index; i < Math.Min(index + LinesToOperation, lines.Length); i++)
        {
            Match match = OperationCall().Match(lines[i]);
            if (match.Success)
            {
                return string.Join('.', match.Groups["name"].Value.Split('.').TakeLast(2));
            }
        }

        return null;
    }

    private static string? StatementAbove(string[] lines, int index)
    {
        for (int i = index; i >= 0 && !lines[i].Contains("/// <summary>", StringComparison.Ordinal); i--)
        {
            string text = lines[i].Trim();
            if (text.StartsWith("// ", StringComparison.Ordinal))
            {
                return text[3..];
            }
        }

        return null;
    }

    [GeneratedRegex("(Training|Backward|AndGradients|WithPullback)$")]
    private static partial Regex PassName();

    [GeneratedRegex(@"(?<![\w.:])(?:global::(?:Lora\.)?)?(?!work\.)(?<name>[\w.@\[\]]+?)(?:Into|Backward)(?:<[^>]*>)?\(|work\.Alias\((?:work\.Computes \? )?(?:global::(?:Lora\.)?)?(?<name>[\w.@]+)\(")]
    private static partial Regex OperationCall();
}
