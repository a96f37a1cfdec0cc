using System.Numerics;

namespace Lora;

/// <summary>
/// Weights in bfloat16, the upper half of a float32, two to each 32 bits: those of a column in the lower halves, and those of the next column in the upper.
/// A shift gives whole vectors of the one, a mask those of the other.
/// </summary>
/// <remarks>
/// <code>
///   c and c+1, row by row:   [c+1 | c] [c+1 | c] [c+1 | c] …
/// </code>
/// </remarks>
internal static unsafe class BFloat16Pairs
{
    /// <summary>The bits of the second weight of a pair.</summary>
    public const uint Upper = 0xFFFF0000;

    /// <summary>Rounds pairs of columns, [2 · pairs, width], to half their memory.</summary>
    public static void Pack(float* columns, int width, int pairs, float* packed)
    {
        for (int pair = 0; pair < pairs; pair++, columns += 2 * width, packed += width)
        {
            for (int row = 0; row < width; row++)
            {
                uint first = Rounded(columns[row]);
                uint second = Rounded(columns[width + row]);
                ((uint*)packed)[row] = (first >> 16) | (second & Upper);
            }
        }
    }

    /// <summary>Gives pairs of columns back, [2 · pairs, width], where the width is a multiple of every vector.</summary>
    public static void Unpack(float* packed, int width, int pairs, float* columns)
    {
        var upper = new Vector<uint>(Upper);
        for (int pair = 0; pair < pairs; pair++, columns += 2 * width, packed += width)
        {
            for (int row = 0; row < width; row += Vector<uint>.Count)
            {
                Vector<uint> both = Vector.Load((uint*)packed + row);
                Vector.AsVectorSingle(both << 16).Store(columns + row);
                Vector.AsVectorSingle(both & upper).Store(columns + width + row);
            }
        }
    }

    /// <summary>One weight of a pair.</summary>
    public static float Weight(float* packed, bool isSecond)
    {
        uint both = *(uint*)packed;
        return BitConverter.UInt32BitsToSingle(isSecond ? both & Upper : both << 16);
    }

    /// <summary>The squares of what rounding takes from weights, and of the weights themselves, each summed.</summary>
    public static (double Error, double Norm) RoundingOf(ReadOnlySpan<float> weights)
    {
        double error = 0;
        double norm = 0;
        foreach (float weight in weights)
        {
            double difference = (double)BitConverter.UInt32BitsToSingle(Rounded(weight) & Upper) - weight;
            error += difference * difference;
            norm += (double)weight * weight;
        }

        return (error, norm);
    }

    // To the nearest, to even between two; NaN stays NaN.
    private static uint Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? bits | 0x00400000 : bits + 0x7FFF + ((bits >> 16) & 1);
    }
}
