namespace Lora;

public static partial class Nn
{
    /// <summary>Multiplies by the next mask of <see cref="DropoutMasks"/>; the identity where there is none.</summary>
    public static Tensor Dropout(Tensor x, double probability, RandomKey key = default)
    {
        _ = key;
        return DropoutMasks.Next is { } next ? Multiply(x, next(x.Shape.ToArray(), probability)) : x;
    }
}

/// <summary>Where a test hands over the masks, zeros and 1 / (1 - p), of the dropout calls to come.</summary>
public static class DropoutMasks
{
    [ThreadStatic]
    private static Func<int[], double, Tensor>? _next;

    /// <summary>Gives the mask of the next call for its shape and rate. One for each thread.</summary>
    public static Func<int[], double, Tensor>? Next
    {
        get => _next;
        set => _next = value;
    }
}
