using ScottPlot;

namespace Concepts;

/// <summary>Draws curves and bars as SVG.</summary>
internal static class Picture
{
    private const int Width = 640;
    private const int Height = 380;

    public static void Curves(string path, string x, string y, IEnumerable<Curve> curves, bool isLogarithmic = false)
    {
        using var plot = new Plot();
        foreach (Curve curve in curves)
        {
            double[] xs = [.. curve.Points.Select(point => isLogarithmic ? Math.Log2(point.Step) : point.Step)];
            ScottPlot.Plottables.Scatter line = plot.Add.Scatter(xs, curve.Points.Select(point => point.Loss).ToArray());
            line.LegendText = curve.Name;
            line.LineWidth = 2;
            line.MarkerSize = 5;
        }

        if (isLogarithmic)
        {
            double[] ticks = [.. curves.First().Points.Select(point => point.Step)];
            plot.Axes.Bottom.SetTicks([.. ticks.Select(Math.Log2)], [.. ticks.Select(tick => $"{tick}")]);
        }

        plot.ShowLegend(Alignment.UpperRight);
        Save(plot, path, x, y);
    }

    public static void Bars(string path, string y, IReadOnlyList<(string Name, double Value)> bars)
    {
        using var plot = new Plot();
        plot.Add.Bars(bars.Select(bar => bar.Value).ToArray());
        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, bars.Count).Select(i => (double)i)], [.. bars.Select(bar => bar.Name)]);
        plot.Axes.Margins(bottom: 0);
        plot.HideGrid();
        Save(plot, path, "", y);
    }

    private static void Save(Plot plot, string path, string x, string y)
    {
        plot.XLabel(x);
        plot.YLabel(y);
        plot.SaveSvg(path, Width, Height);
    }
}
