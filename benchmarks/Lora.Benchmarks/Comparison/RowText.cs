namespace Lora.Benchmarks;

/// <summary>A row's cells as they are shown.</summary>
/// <param name="Cells">One for each of <see cref="Columns"/>.</param>
/// <param name="Verdict">Whether the targets are met.</param>
internal sealed record RowText(IReadOnlyList<string> Cells, string Verdict)
{
    public static IReadOnlyList<string> Columns { get; } = ["work", "threads", "ours", "TorchSharp", "ratio", "bound", "share", "beside", "target"];

    public static RowText Of(RowResult row) => new(
        [
            row.Work,
            $"{row.Threads}",
            Measure(row.Ours, row.Unit),
            Measure(row.Peer, row.Unit),
            row.Ratio is { } ratio && double.IsFinite(ratio) ? $"{ratio:F2}×" : "–",
            Measure(row.Bound, row.Unit),
            Share(row.Share),
            Share(row.ShareBeside),
            string.Join(", ", row.Criteria.Where(criterion => !double.IsNaN(criterion.Target)).Select(Target)),
        ],
        row.Void is { } reason ? $"void: {reason}" : row.Met ? "met" : "not met");

    private static string Share(double? share) => share is { } value ? $"{value:P0}" : "–";

    private static string Target(Criterion criterion) => criterion.Name switch
    {
        Targets.ShareName => $"≥ {criterion.Target:P0}",
        Targets.RatioName => $"≥ {criterion.Target:G3}×",
        _ => $"{criterion.Value:G4} {criterion.Name}, ≤ {criterion.Target:G4}",
    };

    private static string Measure(double? value, string unit) => value switch
    {
        null => "–",
        0 or >= 100 => $"{value:N0} {unit}",
        >= 10 => $"{value:F1} {unit}",
        >= 1 => $"{value:F2} {unit}",
        _ => $"{value:F3} {unit}",
    };
}
