using System.Globalization;

namespace Lora.Models;

/// <summary>The pieces by which SentencePiece writes the bytes of characters that the vocabulary lacks: <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
internal static class ByteFallback
{
    public static string PieceOf(byte value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    public static byte? ValueOf(string piece) =>
        piece is ['<', '0', 'x', _, _, '>'] && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : null;
}
