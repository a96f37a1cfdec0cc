using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Lora.Models;

/// <summary>Tells a model of other frozen weights from the same one, by some rows of each weight.</summary>
internal static class ModelFingerprint
{
    private const int RowsOfMatrix = 8;

    /// <summary>A text that depends on the weights, or an empty one where a model has shapes alone.</summary>
    public static string Of(ILoraModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedLayer named in ModelState.Of(model).Layers)
        {
            foreach (LayerWeight weight in named.Layer.Weights.Where(weight => weight.IsFrozen))
            {
                if (!weight.HasValues)
                {
                    return "";
                }

                hash.AppendData(Encoding.UTF8.GetBytes($"{named.Path}.{weight.Name} {weight.Shape}"));
                hash.AppendData(MemoryMarshal.AsBytes(SomeOf(weight)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static ReadOnlySpan<float> SomeOf(LayerWeight weight)
    {
        if (weight.Packed is not { } matrix)
        {
            return weight.Dense!.Span;
        }

        (int rows, int columns) = (weight.Shape[0], weight.Shape[1]);
        int count = Math.Min(rows, RowsOfMatrix);
        int[] some = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * rows / count))];
        float[] values = new float[count * columns];
        matrix.CopyRowsTo(some, values);
        return values;
    }
}
