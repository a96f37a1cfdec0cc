using Lora;
using ScottPlot;

namespace DigitShift;

/// <summary>Draws what the program did: pictures of both styles above, and both accuracies over the steps below.</summary>
internal static class DigitPlot
{
    private const int Shown = 10;

    public static void Save(string path, DigitSet plain, DigitSet shifted, IReadOnlyList<(int Step, double Plain, double Shifted)> curve, int adaptedAt)
    {
        var both = new Multiplot();
        both.AddPlots(2);
        both.Layout = new ScottPlot.MultiplotLayouts.Rows();
        Plot samples = both.GetPlot(0);
        samples.Add.Heatmap(Sheet(plain, shifted)).Colormap = new ScottPlot.Colormaps.Grayscale();
        samples.HideGrid();
        samples.Layout.Frameless();
        samples.Axes.SetLimits(-0.5, (Shown * DigitPen.Side) - 0.5, -0.5, (2 * DigitPen.Side) - 0.5);

        Plot accuracy = both.GetPlot(1);
        double[] steps = [.. curve.Select(point => (double)point.Step)];
        ScottPlot.Plottables.Scatter first = accuracy.Add.ScatterLine(steps, curve.Select(point => 100 * point.Plain).ToArray());
        first.LegendText = "plain";
        ScottPlot.Plottables.Scatter second = accuracy.Add.ScatterLine(steps, curve.Select(point => 100 * point.Shifted).ToArray());
        second.LegendText = "shifted";
        first.LineWidth = second.LineWidth = 2;
        accuracy.Add.VerticalLine(adaptedAt, pattern: LinePattern.Dashed).LegendText = "from here on adapters alone";
        accuracy.ShowLegend(Alignment.MiddleRight);
        accuracy.XLabel("step");
        accuracy.YLabel("accuracy, %");
        accuracy.Axes.SetLimitsY(0, 105);

        both.SavePng(path, 800, 560);
    }

    private static double[,] Sheet(DigitSet plain, DigitSet shifted)
    {
        double[,] sheet = new double[2 * DigitPen.Side, Shown * DigitPen.Side];
        for (int digit = 0; digit < Shown; digit++)
        {
            Put(plain, digit, 0);
            Put(shifted, digit, 1);
        }

        return sheet;

        void Put(DigitSet set, int digit, int row)
        {
            int index = Array.IndexOf(set.Digits, digit);
            ReadOnlySpan<float> picture = set.Pictures.Span.Slice(index * DigitPen.Pixels, DigitPen.Pixels);
            for (int i = 0; i < DigitPen.Pixels; i++)
            {
                sheet[(row * DigitPen.Side) + (i / DigitPen.Side), (digit * DigitPen.Side) + (i % DigitPen.Side)] = Math.Clamp(picture[i] + 0.5, 0, 1);
            }
        }
    }
}
