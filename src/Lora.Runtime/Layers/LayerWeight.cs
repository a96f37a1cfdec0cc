namespace Lora;

/// <summary>
/// One weight of a layer. A frozen matrix is packed for the products; everything else is a dense tensor, and a gradient
/// belongs only to what is trained.
/// </summary>
internal sealed class LayerWeight
{
    private readonly bool _isMatrix;
    private bool _isFrozen = true;

    public LayerWeight(string name, Tensor value)
    {
        Name = name;
        Shape = value.FullShape;
        _isMatrix = value.Rank == 2;
        if (value.HasValues)
        {
            Store(value.Span, isFrozen: true);
        }
        else
        {
            Dense = new Parameter(name, value);
        }
    }

    private LayerWeight(string name, TensorShape shape, Action<Span<float>> draw)
    {
        Name = name;
        Shape = shape;
        _isMatrix = shape.Rank == 2;
        if (_isMatrix)
        {
            Packed = new PackedMatrix(shape[0], shape[1]);
            Packed.Fill(draw);
        }
        else
        {
            Dense = new Parameter(name, Tensor.Uninitialized(shape));
            draw(Dense.Span);
        }
    }

    /// <summary>The name within the layer: <c>weight</c> or <c>bias</c>.</summary>
    public string Name { get; }

    public TensorShape Shape { get; }

    /// <summary>The packed matrix: frozen matrices alone have one.</summary>
    public PackedMatrix? Packed { get; private set; }

    /// <summary>The dense values, or the shape alone where there are no values yet: null for a frozen matrix.</summary>
    public Parameter? Dense { get; private set; }

    /// <summary>How a frozen matrix lies in memory.</summary>
    public WeightFormat Format
    {
        get;
        set
        {
            if (field == value)
            {
                return;
            }

            field = value;
            if (Packed is not null)
            {
                Store(ToTensor().Span, isFrozen: true);
            }
        }
    }

    /// <summary>The squares of what rounding to the format has taken from a frozen matrix, and of its values, each summed.</summary>
    public (double Error, double Norm) Rounding { get; private set; }

    /// <summary>How often the packed matrix has changed.</summary>
    public int Version { get; private set; }

    public bool HasValues => Dense?.Value.HasValues ?? true;

    /// <summary>What the weight takes, or would take if it had values.</summary>
    public long Bytes => Values.Bytes;

    public bool IsFrozen
    {
        get => _isFrozen;
        set
        {
            if (_isFrozen == value)
            {
                return;
            }

            _isFrozen = value;
            if (!HasValues)
            {
                Dense = new Parameter(Name, Dense!.Value);
            }
            else if (_isMatrix)
            {
                Tensor values = ToTensor();
                Store(values.Span, value);
            }
            else
            {
                // An optimiser that still holds the parameter of before must not change a frozen weight.
                Dense = new Parameter(Name, value ? ToTensor() : Dense!.Value);
            }
        }
    }

    private WeightValues Values => new(Shape, Packed, Dense, IsFrozen, Format, Rounding);

    /// <summary>A frozen weight whose row-major values are drawn some at a time, in order, or of no values.</summary>
    public static LayerWeight Drawn(string name, TensorShape shape, Action<Span<float>> draw) =>
        WeightScope.IsWithoutValues ? new LayerWeight(name, Tensor.WithoutValues(shape.AsSpan())) : new LayerWeight(name, shape, draw);

    public void Set(ReadOnlySpan<float> values)
    {
        if (values.Length != Shape.Length)
        {
            throw new ArgumentException($"{values.Length} values do not fill a {Name} of shape {Shape}.", nameof(values));
        }

        if (!HasValues)
        {
            Store(values, IsFrozen);
        }
        else if (Packed is { } packed)
        {
            Pack(packed, values);
        }
        else
        {
            values.CopyTo(Dense!.Span);
        }
    }

    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != Shape.Length)
        {
            throw new ArgumentException($"A {Name} of shape {Shape} has {Shape.Length} elements; the destination has {destination.Length}.", nameof(destination));
        }

        if (Packed is { } packed)
        {
            packed.CopyTo(destination);
        }
        else
        {
            Dense!.Span.CopyTo(destination);
        }
    }

    public Tensor ToTensor()
    {
        Tensor tensor = Tensor.Uninitialized(Shape);
        CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>Puts another matrix in place, and returns the one that was there: merging and its undoing.</summary>
    public PackedMatrix Exchange(PackedMatrix other)
    {
        PackedMatrix previous = Packed ?? throw new InvalidOperationException("Only a frozen matrix can be exchanged.");
        Packed = other;
        Version++;
        return previous;
    }

    /// <summary>A copy of the values that is to be trained.</summary>
    public WeightValues CopyToTrain() =>
        new(Shape, Packed: null, new Parameter(Name, HasValues ? ToTensor() : Dense!.Value) { IsDetached = true }, IsFrozen: false, Format, Rounding: default);

    /// <summary>Puts other values in place, and returns those that were there.</summary>
    public WeightValues Exchange(WeightValues other)
    {
        WeightValues previous = Values;
        if (previous.Dense is { } resting)
        {
            resting.IsDetached = true;
        }

        (Packed, Dense, _isFrozen, Rounding) = (other.Packed, other.Dense, other.IsFrozen, other.Rounding);
        Version++;
        if (Dense is not null)
        {
            Dense.IsDetached = false;
        }
        else if (Packed!.Format != Format)
        {
            Store(ToTensor().Span, isFrozen: true);
        }

        return previous;
    }

    private void Store(ReadOnlySpan<float> values, bool isFrozen)
    {
        if (_isMatrix && isFrozen)
        {
            Packed = new PackedMatrix(Shape[0], Shape[1], Format);
            Pack(Packed, values);
            Dense = null;
        }
        else
        {
            Rounding = default;
            Dense = new Parameter(Name, Tensor.From(values, Shape.AsSpan()));
            Packed = null;
        }
    }

    private void Pack(PackedMatrix packed, ReadOnlySpan<float> values)
    {
        packed.Set(values);
        Rounding = packed.Format == WeightFormat.Float32 ? default : BFloat16Pairs.RoundingOf(values);
        Version++;
    }
}
