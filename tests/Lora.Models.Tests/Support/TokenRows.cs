using System.Text.Json;

namespace Lora.Models.Tests;

/// <summary>Rows of T + 1 tokens as inputs and targets of T.</summary>
internal sealed record TokenRows(int[] Tokens, int[] Targets, int Batch)
{
    public static TokenRows From(JsonElement rows)
    {
        int[][] all = [.. rows.EnumerateArray().Select(row => row.Ints())];
        return new TokenRows([.. all.SelectMany(row => row[..^1])], [.. all.SelectMany(row => row[1..])], all.Length);
    }
}
