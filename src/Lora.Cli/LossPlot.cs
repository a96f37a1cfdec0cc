using ScottPlot;

namespace Lora.Cli;

/// <summary>Draws the losses of a run: each step, their running mean, and those on held-out texts.</summary>
internal static class LossPlot
{
    private const int Width = 800;
    private const int Height = 450;
    private const double Keep = 0.9;

    /// <summary>Refuses what cannot be drawn, before a training.</summary>
    /// <exception cref="ArgumentException">The file is of another kind.</exception>
    /// <exception cref="NotSupportedException">The native library that draws is not there.</exception>
    public static void Check(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".png" or ".svg"))
        {
            throw new ArgumentException($"--plot is '{path}'; a curve is drawn as .png or .svg.");
        }

        try
        {
            using var plot = new Plot();
        }
        catch (Exception fault) when (fault.GetBaseException() is DllNotFoundException)
        {
            throw new NotSupportedException("--plot needs SkiaSharp's native library (libSkiaSharp), which is not there: put the one that was published with lora beside it.", fault);
        }
    }

    public static void Save(LossHistory history, string path)
    {
        using var plot = new Plot();
        double[] steps = [.. history.Training.Select(point => (double)point.Step)];
        double[] losses = [.. history.Training.Select(point => point.Loss)];
        ScottPlot.Plottables.Scatter each = plot.Add.ScatterLine(steps, losses);
        each.Color = Colors.Gray.WithAlpha(0.4);
        each.LegendText = "each step";
        ScottPlot.Plottables.Scatter mean = plot.Add.ScatterLine(steps, Smoothed(losses));
        mean.Color = Colors.C0;
        mean.LineWidth = 2;
        mean.LegendText = "running mean";
        if (history.HeldOut.Count > 0)
        {
            ScottPlot.Plottables.Scatter heldOut = plot.Add.Scatter(history.HeldOut.Select(point => (double)point.Step).ToArray(), history.HeldOut.Select(point => point.Loss).ToArray());
            heldOut.Color = Colors.C1;
            heldOut.LineWidth = 2;
            heldOut.LegendText = "held out";
        }

        plot.XLabel("step");
        plot.YLabel("loss");
        plot.ShowLegend(Alignment.UpperRight);
        if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase))
        {
            plot.SaveSvg(path, Width, Height);
        }
        else
        {
            plot.SavePng(path, Width, Height);
        }
    }

    private static double[] Smoothed(double[] values)
    {
        double[] means = new double[values.Length];
        double mean = 0;
        double weight = 0;
        for (int i = 0; i < values.Length; i++)
        {
            weight = (Keep * weight) + (1 - Keep);
            mean = (Keep * mean) + ((1 - Keep) * values[i]);
            means[i] = mean / weight;
        }

        return means;
    }
}
