using ScottPlot;
using SkiaSharp;

namespace Lora.Benchmarks;

/// <summary>Sweeps as pictures, side by side.</summary>
internal static class SweepPlot
{
    private const int Columns = 2;
    private const int Width = 640;
    private const int Height = 360;

    /// <summary>Writes <paramref name="path"/>.png and .svg.</summary>
    public static void Save(string path, IReadOnlyList<Plot> plots)
    {
        int rows = (plots.Count + Columns - 1) / Columns;
        var whole = new PixelRect(0, Columns * Width, rows * Height, 0);
        var image = new SKImageInfo((int)whole.Width, (int)whole.Height);
        using (var surface = SKSurface.Create(image))
        {
            Draw(surface.Canvas, plots);
            using SKImage snapshot = surface.Snapshot();
            using SKData png = snapshot.Encode(SKEncodedImageFormat.Png, quality: 100);
            File.WriteAllBytes(path + ".png", png.Span);
        }

        using FileStream svg = File.Create(path + ".svg");
        using SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, image.Width, image.Height), svg);
        Draw(canvas, plots);
    }

    /// <summary>One sweep: the cost of an operation over the size, points that jump in red.</summary>
    public static Plot Of(Sweep sweep, IReadOnlyList<SweepPoint> points)
    {
        Plot plot = Curve(sweep.Name, sweep.Axis, "picoseconds / operation", [.. points.Select(point => (double)point.At)], [.. points.Select(point => point.Cost)]);
        foreach (SweepPoint cliff in Sweep.Cliffs(points))
        {
            plot.Add.Marker(cliff.At, cliff.Cost, MarkerShape.OpenCircle, 14, Colors.Red);
        }

        return plot;
    }

    public static Plot Curve(string title, string x, string y, double[] xs, double[] ys)
    {
        var plot = new Plot();
        ScottPlot.Plottables.Scatter curve = plot.Add.Scatter(xs, ys);
        curve.LineWidth = 2;
        curve.MarkerSize = 6;
        plot.Title(title, size: 14);
        plot.XLabel(x);
        plot.YLabel(y);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 1.2 * ys.Max());
        return plot;
    }

    private static void Draw(SKCanvas canvas, IReadOnlyList<Plot> plots)
    {
        canvas.Clear(SKColors.White);
        for (int i = 0; i < plots.Count; i++)
        {
            int left = i % Columns * Width;
            int top = i / Columns * Height;
            plots[i].Render(canvas, new PixelRect(left, left + Width, top + Height, top));
        }
    }
}
