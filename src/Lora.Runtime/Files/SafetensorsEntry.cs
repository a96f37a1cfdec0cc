namespace Lora;

/// <summary>One tensor of a safetensors file, as the header tells of it.</summary>
/// <param name="Name">The name.</param>
/// <param name="DataType">The element type as it is written in the file, such as <c>F32</c>.</param>
/// <param name="Shape">The dimensions, outermost first.</param>
public sealed record SafetensorsEntry(string Name, string DataType, IReadOnlyList<long> Shape)
{
    /// <summary>The number of elements.</summary>
    public long Length { get; internal init; }

    internal long Begin { get; init; }

    internal long End { get; init; }

    /// <summary>The name, type and shape.</summary>
    public override string ToString() => $"{Name} {DataType} [{string.Join(", ", Shape)}]";

    /// <summary>The bits of one element, or 0 for a type that the format does not have.</summary>
    internal static int BitsOf(string dataType) => dataType switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => 0,
    };
}
