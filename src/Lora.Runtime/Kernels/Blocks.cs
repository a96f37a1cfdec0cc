namespace Lora;

/// <summary>How lengths are cut.</summary>
internal static class Blocks
{
    /// <summary>How many blocks of at most <paramref name="most"/> a length takes.</summary>
    public static int Count(int length, int most) => length == 0 ? 0 : ((length - 1) / most) + 1;

    /// <summary>The size of the fewest blocks of at most <paramref name="most"/> that <paramref name="length"/> can be cut into, all about as long.</summary>
    /// <param name="length">What is cut.</param>
    /// <param name="most">The most of one block: a multiple of <paramref name="multiple"/>.</param>
    /// <param name="multiple">What the size is a multiple of.</param>
    public static int Even(int length, int most, int multiple = 1)
    {
        int blocks = Math.Max(1, (length + most - 1) / most);
        int size = (length + blocks - 1) / blocks;
        return Math.Max(multiple, (size + multiple - 1) / multiple * multiple);
    }
}
