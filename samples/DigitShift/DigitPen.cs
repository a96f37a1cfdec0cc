using Lora;

namespace DigitShift;

/// <summary>How digits are drawn.</summary>
/// <param name="Thickness">Half the width of a stroke, in widths of the picture.</param>
/// <param name="Slant">How far the top leans to the right.</param>
/// <param name="Turn">The angle by which the digit is turned, in degrees.</param>
/// <param name="IsInverted">Whether the strokes are dark on a bright ground.</param>
/// <param name="Noise">The deviation of the noise in every pixel.</param>
internal sealed record DigitStyle(double Thickness, double Slant, double Turn, bool IsInverted, double Noise)
{
    /// <summary>Thin, upright, bright on dark.</summary>
    public static DigitStyle Plain { get; } = new(0.045, 0, 0, IsInverted: false, 0.1);

    /// <summary>Thick, leaning, turned, and dark on bright.</summary>
    public static DigitStyle Shifted { get; } = new(0.08, 0.35, -15, IsInverted: true, 0.2);
}

/// <summary>Pictures, a row of pixels each, and the digits in them.</summary>
internal sealed record DigitSet(Tensor Pictures, int[] Digits)
{
    /// <summary>Draws pictures of random digits.</summary>
    public static DigitSet Draw(int count, DigitStyle style, ulong seed)
    {
        var random = new LoraRandom(seed);
        Tensor pictures = Tensor.Zeros(count, DigitPen.Pixels);
        int[] digits = new int[count];
        for (int i = 0; i < count; i++)
        {
            digits[i] = random.NextInt32(10);
            DigitPen.Draw(digits[i], style, random, pictures.Span.Slice(i * DigitPen.Pixels, DigitPen.Pixels));
        }

        return new DigitSet(pictures, digits);
    }

    /// <summary>Random pictures of the set.</summary>
    public DigitSet Batch(int count, LoraRandom random)
    {
        Tensor pictures = Tensor.Zeros(count, DigitPen.Pixels);
        int[] digits = new int[count];
        for (int i = 0; i < count; i++)
        {
            int chosen = random.NextInt32(Digits.Length);
            digits[i] = Digits[chosen];
            Pictures.Span.Slice(chosen * DigitPen.Pixels, DigitPen.Pixels).CopyTo(pictures.Span[(i * DigitPen.Pixels)..]);
        }

        return new DigitSet(pictures, digits);
    }
}

/// <summary>Draws digits of lines and arcs, each a little different.</summary>
internal static class DigitPen
{
    public const int Side = 16;
    public const int Pixels = Side * Side;

    // Chains of points in a square of width 1, y downwards.
    private static readonly (double X, double Y)[][][] _digits =
    [
        [Arc(0.5, 0.5, 0.27, 0.4, 0, 360)],
        [[(0.33, 0.27), (0.55, 0.1), (0.55, 0.9)]],
        [[.. Arc(0.5, 0.32, 0.26, 0.22, 190, 390), (0.25, 0.9), (0.78, 0.9)]],
        [Arc(0.46, 0.3, 0.25, 0.2, 200, 450), Arc(0.46, 0.7, 0.28, 0.2, 270, 520)],
        [[(0.62, 0.9), (0.62, 0.1), (0.22, 0.62), (0.82, 0.62)]],
        [[(0.76, 0.1), (0.33, 0.1), (0.3, 0.45)], Arc(0.47, 0.65, 0.27, 0.25, 230, 500)],
        [[(0.66, 0.1), (0.34, 0.45), (0.25, 0.66)], Arc(0.5, 0.66, 0.25, 0.24, 0, 360)],
        [[(0.22, 0.1), (0.78, 0.1), (0.42, 0.9)]],
        [Arc(0.5, 0.3, 0.2, 0.2, 0, 360), Arc(0.5, 0.7, 0.26, 0.2, 0, 360)],
        [Arc(0.5, 0.34, 0.25, 0.24, 0, 360), [(0.75, 0.34), (0.7, 0.6), (0.45, 0.9)]],
    ];

    public static void Draw(int digit, DigitStyle style, LoraRandom random, Span<float> picture)
    {
        double Near(double value, double spread) => value + (spread * ((2 * random.NextDouble()) - 1));
        double size = Near(0.9, 0.1);
        double turn = Near(style.Turn, 6) * Math.PI / 180;
        double slant = Near(style.Slant, 0.08);
        (double x, double y) = (Near(0.5, 0.06), Near(0.5, 0.06));
        (double X, double Y) Place((double X, double Y) point)
        {
            (double dx, double dy) = (size * (point.X - 0.5 - (slant * (point.Y - 0.5))), size * (point.Y - 0.5));
            return (x + (dx * Math.Cos(turn)) - (dy * Math.Sin(turn)), y + (dx * Math.Sin(turn)) + (dy * Math.Cos(turn)));
        }

        (double X, double Y)[][] strokes = [.. _digits[digit].Select(stroke => stroke.Select(Place).ToArray())];
        for (int i = 0; i < Pixels; i++)
        {
            (double X, double Y) pixel = (((i % Side) + 0.5) / Side, ((i / Side) + 0.5) / Side);
            double distance = strokes.Min(stroke => stroke.Zip(stroke.Skip(1), (from, to) => Distance(pixel, from, to)).Min());
            double ink = Math.Clamp(1 - ((distance - style.Thickness) * Side), 0, 1);
            picture[i] = (float)((style.IsInverted ? 0.5 - ink : ink - 0.5) + (style.Noise * random.NextNormal()));
        }
    }

    private static (double X, double Y)[] Arc(double x, double y, double width, double height, double from, double to) =>
        [.. Enumerable.Range(0, 13).Select(i => Math.PI / 180 * (from + ((to - from) * i / 12))).Select(angle => (x + (width * Math.Cos(angle)), y + (height * Math.Sin(angle))))];

    private static double Distance((double X, double Y) point, (double X, double Y) from, (double X, double Y) to)
    {
        (double x, double y) = (to.X - from.X, to.Y - from.Y);
        double at = Math.Clamp((((point.X - from.X) * x) + ((point.Y - from.Y) * y)) / ((x * x) + (y * y)), 0, 1);
        return Math.Sqrt(Math.Pow(point.X - from.X - (at * x), 2) + Math.Pow(point.Y - from.Y - (at * y), 2));
    }
}
