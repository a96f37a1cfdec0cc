using System.Text;

namespace Lora;

/// <summary>
/// The random numbers of initial weights, adapters and dropout: SplitMix64 (Steele, Lea and Flood 2014) over a counter,
/// so that the same seed gives the same bits on every machine.
/// </summary>
public sealed class LoraRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private static readonly Lock _gate = new();
    private static LoraRandom _shared = new(0);

    private ulong _state;

    /// <summary>Creates a stream of draws.</summary>
    /// <param name="seed">The seed; every value is a good one.</param>
    public LoraRandom(ulong seed)
    {
        _state = Mix(seed + Golden);
    }

    /// <summary>The seed last given to <see cref="ManualSeed"/>, 0 before.</summary>
    public static ulong Seed { get; private set; }

    /// <summary>
    /// Sets the seed of the layers' initial weights, drawn in the order of construction, and of the adapters, each drawn from
    /// hash(seed, path) so that the order of first touches does not matter.
    /// </summary>
    /// <param name="seed">The seed.</param>
    public static void ManualSeed(ulong seed)
    {
        lock (_gate)
        {
            Seed = seed;
            _shared = new LoraRandom(seed);
        }
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        _state += Golden;
        return Mix(_state);
    }

    /// <summary>A draw from the uniform distribution on [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A draw from the integers 0 … <paramref name="exclusiveMax"/> − 1.</summary>
    /// <param name="exclusiveMax">The number of values, at least 1.</param>
    public int NextInt32(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        return (int)Math.BigMul(NextUInt64(), (ulong)exclusiveMax, out _);
    }

    /// <summary>A draw from the standard normal distribution (the polar method of Marsaglia and Bray 1964).</summary>
    public double NextNormal()
    {
        while (true)
        {
            double u = (2 * NextDouble()) - 1;
            double v = (2 * NextDouble()) - 1;
            double square = (u * u) + (v * v);
            if (square is > 0 and < 1)
            {
                return u * Math.Sqrt(-2 * PortableLog(square) / square);
            }
        }
    }

    /// <summary>Fills a span with draws from the uniform distribution on [low, high).</summary>
    /// <param name="values">The span to fill.</param>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    public void FillUniform(Span<float> values, float low, float high)
    {
        double width = (double)high - low;
        foreach (ref float value in values)
        {
            value = (float)(low + (width * NextDouble()));
        }
    }

    /// <summary>Fills a span with draws from the normal distribution with mean 0.</summary>
    /// <param name="values">The span to fill.</param>
    /// <param name="standardDeviation">The standard deviation.</param>
    public void FillNormal(Span<float> values, float standardDeviation)
    {
        foreach (ref float value in values)
        {
            value = (float)(standardDeviation * NextNormal());
        }
    }

    /// <summary>Draws a layer's initial weights: the next ones of the shared stream.</summary>
    internal static void FillSharedUniform(Span<float> values, float low, float high)
    {
        lock (_gate)
        {
            _shared.FillUniform(values, low, high);
        }
    }

    /// <inheritdoc cref="FillSharedUniform"/>
    internal static void FillSharedNormal(Span<float> values, float standardDeviation)
    {
        lock (_gate)
        {
            _shared.FillNormal(values, standardDeviation);
        }
    }

    /// <summary>The seed of an adapter: FNV-1a over the path's UTF-8 bytes, mixed with the seed.</summary>
    internal static ulong Hash(ulong seed, string path)
    {
        const int Short = 256;
        int length = Encoding.UTF8.GetMaxByteCount(path.Length);
        Span<byte> bytes = length <= Short ? stackalloc byte[Short] : new byte[length];
        ulong hash = 0xCBF29CE484222325;
        foreach (byte part in bytes[..Encoding.UTF8.GetBytes(path, bytes)])
        {
            hash = (hash ^ part) * 0x100000001B3;
        }

        return Mix(hash ^ Mix(seed + Golden));
    }

    /// <summary>64 bits that depend on the key and the position alone.</summary>
    internal static ulong At(RandomKey key, ulong position) => At(StreamOf(key), position);

    /// <summary>The part of <see cref="At(RandomKey, ulong)"/> that the positions share.</summary>
    internal static ulong StreamOf(RandomKey key) => Mix(Mix(Mix(key.Seed + Golden) ^ (uint)key.Step) ^ (uint)key.Call);

    /// <inheritdoc cref="At(RandomKey, ulong)"/>
    internal static ulong At(ulong stream, ulong position) => Mix(stream + (position * Golden));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    // ln x of basic arithmetic alone, which IEEE 754 rounds the same everywhere: x = m·2ᵉ with m in [√½, √2),
    // ln m = 2·artanh((m − 1)/(m + 1)) by its power series.
    private static double PortableLog(double x)
    {
        const double Ln2 = 0.693147180559945309417;
        const double SqrtHalf = 0.707106781186547524401;
        int exponent = Math.ILogB(x) + 1;
        double mantissa = Math.ScaleB(x, -exponent);
        if (mantissa < SqrtHalf)
        {
            mantissa *= 2;
            exponent--;
        }

        double ratio = (mantissa - 1) / (mantissa + 1);
        double square = ratio * ratio;
        double sum = 0;
        for (int power = 21; power >= 1; power -= 2)
        {
            sum = (sum * square) + (1.0 / power);
        }

        return (2 * ratio * sum) + (exponent * Ln2);
    }
}
