namespace Lora;

/// <summary>One tensor that is about to be written: its values are computed or read when its turn comes, so that only one is in memory at a time.</summary>
/// <param name="Name">The name.</param>
/// <param name="DataType">The element type in the file, such as <c>F32</c>.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
/// <param name="Write">Writes the data.</param>
internal sealed record SafetensorsPart(string Name, string DataType, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>The number of bytes of the data.</summary>
    public long Bytes => Shape.Aggregate(1L, (length, dimension) => length * dimension) * SafetensorsEntry.BitsOf(DataType) / 8;

    /// <summary>A tensor of floats.</summary>
    /// <param name="name">The name.</param>
    /// <param name="dataType"><c>F32</c>, <c>F16</c>, <c>BF16</c> or <c>F64</c>.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="value">Makes the values.</param>
    public static SafetensorsPart Of(string name, string dataType, IReadOnlyList<long> shape, Func<Tensor> value) =>
        new(name, dataType, shape, stream => SafetensorsFile.WriteData(stream, value().Span, dataType));

    /// <summary>A tensor of another file, byte by byte.</summary>
    /// <param name="folder">The folder that has it, open until it is written.</param>
    /// <param name="entry">The tensor.</param>
    public static SafetensorsPart Copy(SafetensorsFolder folder, SafetensorsEntry entry) =>
        new(entry.Name, entry.DataType, entry.Shape, stream => folder.CopyTo(entry.Name, stream));
}
