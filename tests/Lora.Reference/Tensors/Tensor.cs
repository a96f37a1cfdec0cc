namespace Lora;

/// <summary>A dense tensor of doubles, row-major.</summary>
public sealed partial class Tensor
{
    private readonly int[] _shape;
    private readonly double[] _data;

    private Tensor(int[] shape, double[] data)
    {
        int length = shape.Aggregate(1, (product, dimension) => product * dimension);
        if (data.Length != length)
        {
            throw new ArgumentException($"{data.Length} values do not fill [{string.Join(", ", shape)}].");
        }

        _shape = shape;
        _data = data;
    }

    public ReadOnlySpan<int> Shape => _shape;

    public TensorShape FullShape => new(_shape);

    public int Rank => _shape.Length;

    public int Length => _data.Length;

    public Span<double> Span => _data;

    public double this[params ReadOnlySpan<int> indices]
    {
        get => _data[Offset(indices)];
        set => _data[Offset(indices)] = value;
    }

    public static Tensor Zeros(params ReadOnlySpan<int> shape) => new(shape.ToArray(), new double[new TensorShape(shape).Length]);

    public static Tensor Full(double value, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Zeros(shape);
        tensor.Span.Fill(value);
        return tensor;
    }

    public static Tensor From(ReadOnlySpan<double> values, params ReadOnlySpan<int> shape) => new(shape.ToArray(), values.ToArray());

    public static Tensor From(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        double[] data = new double[values.Length];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = values[i];
        }

        return new Tensor(shape.ToArray(), data);
    }

    /// <summary>Normal draws. They are not those of the runtime: a test copies what must be equal.</summary>
    public static Tensor RandomNormal(ulong seed, params ReadOnlySpan<int> shape)
    {
        var random = new Random((int)seed);
        Tensor tensor = Zeros(shape);
        foreach (ref double value in tensor.Span)
        {
            value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return tensor;
    }

    /// <inheritdoc cref="RandomNormal"/>
    public static Tensor RandomUniform(ulong seed, double low, double high, params ReadOnlySpan<int> shape)
    {
        var random = new Random((int)seed);
        Tensor tensor = Zeros(shape);
        foreach (ref double value in tensor.Span)
        {
            value = low + ((high - low) * random.NextDouble());
        }

        return tensor;
    }

    public Tensor Clone() => From(_data, _shape);

    /// <summary>Opens a gradient for one contribution, as user-defined operations do in text that this library never runs.</summary>
    public Span<double> BeginAccumulate(out bool overwrite)
    {
        overwrite = false;
        return Span;
    }

    public override string ToString() => $"Tensor[{string.Join(", ", _shape)}] {{ {string.Join(", ", _data)} }}";

    private int Offset(ReadOnlySpan<int> indices)
    {
        if (indices.Length != Rank)
        {
            throw new ArgumentException($"{indices.Length} indices for rank {Rank}.");
        }

        int offset = 0;
        for (int i = 0; i < Rank; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], _shape[i]);
            offset = (offset * _shape[i]) + indices[i];
        }

        return offset;
    }
}
