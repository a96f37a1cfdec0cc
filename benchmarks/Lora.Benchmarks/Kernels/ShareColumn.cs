using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Lora.Benchmarks.Kernels;

/// <summary>The share of one core's FMA peak or read bandwidth, whichever bounds the kernel, that its mean time reaches.</summary>
internal sealed class ShareColumn(Limits limits) : IColumn
{
    public string Id => nameof(ShareColumn);

    public string ColumnName => "Share";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Metric;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => $"The bound's share of the mean: {limits.FlopsPerSecond / 1e9:F0} GFLOPS, {limits.BytesPerSecond / 1e9:F0} GB/s on one core";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "–";
        }

        var kernel = (IKernel)Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
        {
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(kernel, parameter.Value);
        }

        double bound = limits.Bound(kernel.Flops, kernel.Bytes);
        return bound == 0 ? "–" : $"{bound * 1e9 / statistics.Mean:P0}";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;
}
