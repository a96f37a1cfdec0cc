using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lora.Benchmarks;

/// <summary>A whole run: the machine, what it is capable of, how many rows missed a target at first and were measured again, and the rows.</summary>
internal sealed record Report(
    string Machine, string? PeerMissing, IReadOnlyList<Limits> AtStart, IReadOnlyList<Limits> AtEnd, int MeasuredAgain, IReadOnlyList<RowResult> Rows)
{
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, ReportJson.Default.Report) + "\n");
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
