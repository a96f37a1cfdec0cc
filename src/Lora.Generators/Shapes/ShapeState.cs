namespace Lora.Generators;

/// <summary>What is known at one place of a body: of its tensors, and of the variables that their dimensions are.</summary>
internal sealed class ShapeState
{
    private readonly Dictionary<string, Dimension> _variables;

    public ShapeState(Dictionary<string, Dimension>? variables = null) => _variables = variables ?? [];

    private ShapeState(ShapeState other)
    {
        _variables = new Dictionary<string, Dimension>(other._variables);
        foreach (KeyValuePair<int, TensorDimensions> value in other.Values)
        {
            Values[value.Key] = value.Value;
        }
    }

    /// <summary>The tensors, by their values.</summary>
    public Dictionary<int, TensorDimensions> Values { get; } = [];

    /// <summary>A state of another method's values over the same variables.</summary>
    public ShapeState Enter() => new(new Dictionary<string, Dimension>(_variables));

    public ShapeState Clone() => new(this);

    /// <summary>Becomes another state.</summary>
    public void Assign(ShapeState other)
    {
        Values.Clear();
        foreach (KeyValuePair<int, TensorDimensions> value in other.Values)
        {
            Values[value.Key] = value.Value;
        }

        Take(other);
    }

    /// <summary>Takes over what another method found out about the variables.</summary>
    public void Take(ShapeState other)
    {
        _variables.Clear();
        foreach (KeyValuePair<string, Dimension> bound in other._variables)
        {
            _variables[bound.Key] = bound.Value;
        }
    }

    public void Bind(string variable, Dimension dimension) => _variables[variable] = dimension;

    /// <summary>What is known of a dimension by now.</summary>
    public Dimension? Resolve(Dimension? dimension)
    {
        while (dimension?.Variable is { } variable && _variables.TryGetValue(variable, out Dimension? bound))
        {
            dimension = bound;
        }

        return dimension;
    }

    /// <summary>Keeps what holds in another state as well.</summary>
    public void Join(ShapeState other)
    {
        Dimension? Common(Dimension? own, Dimension? theirs) => Resolve(own) is { } here && other.Resolve(theirs) is { } there
            && (here.Value is null ? there.Value is null && here.Variable == there.Variable : here.Value.Equals(there.Value)) ? here : null;

        foreach (KeyValuePair<int, TensorDimensions> value in other.Values)
        {
            Values[value.Key] = Values.TryGetValue(value.Key, out TensorDimensions? own) ? TensorDimensions.Join(own, value.Value, Common) : value.Value;
        }

        string[] differing = [.. _variables.Where(bound => !other._variables.TryGetValue(bound.Key, out Dimension? theirs) || Common(bound.Value, theirs) is null).Select(bound => bound.Key)];
        foreach (string variable in differing)
        {
            _variables.Remove(variable);
        }
    }
}
