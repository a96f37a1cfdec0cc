namespace Lora;

/// <summary>An operation of a training call gave NaN or ±∞, and <see cref="LoraDebug.CheckNumbers"/> is on.</summary>
public sealed class NonFiniteNumberException : ArithmeticException
{
    internal NonFiniteNumberException(string message, SourceOrigin origin)
        : base(message)
    {
        Method = origin.Method;
        Operation = origin.Operation;
        Statement = origin.Statement;
    }

    /// <summary>The model's class and its differentiable method.</summary>
    public string Method { get; }

    /// <summary>The operation or layer, such as <c>Nn.Divide</c> or <c>_head.Forward</c>; null where the program has no symbols.</summary>
    public string? Operation { get; }

    /// <summary>The statement of the user's method; null where the program has no symbols.</summary>
    public string? Statement { get; }
}
