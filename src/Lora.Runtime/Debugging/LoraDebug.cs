namespace Lora;

/// <summary>What helps to find a fault, and is off otherwise.</summary>
public static class LoraDebug
{
    /// <summary>
    /// Whether training calls look at every result and every gradient, and throw a <see cref="NonFiniteNumberException"/> for the first that is not finite: it
    /// names the operation and the statement of the user's method, which are read from the program's symbols. Results that no gradient flows to, such as masks, may be
    /// infinite. Off by default; while it is on, training is slow.
    /// </summary>
    public static bool CheckNumbers { get; set; }
}
