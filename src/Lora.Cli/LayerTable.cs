using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Lora.Cli;

/// <summary>A table of layers, in which those that differ by a number in their names alone are one line.</summary>
internal static partial class LayerTable
{
    /// <summary>The name with a star for each number.</summary>
    public static string PatternOf(string path) => Number().Replace(path, "*");

    /// <summary>A table with the given columns, of which all after the first few are numbers.</summary>
    public static Table New(ReadOnlySpan<string> columns, int texts)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (int i = 0; i < columns.Length; i++)
        {
            var column = new TableColumn(columns[i]) { NoWrap = true };
            table.AddColumn(i < texts ? column : column.RightAligned());
        }

        return table;
    }

    public static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<=^|\.)\d+(?=\.|$)")]
    private static partial Regex Number();
}
