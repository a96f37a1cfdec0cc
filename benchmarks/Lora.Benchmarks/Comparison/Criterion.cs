namespace Lora.Benchmarks;

/// <summary>One number that a row is judged by.</summary>
/// <param name="Name">What the number is.</param>
/// <param name="Value">The number.</param>
/// <param name="Target">What it is held to.</param>
/// <param name="Met">Whether it holds.</param>
internal sealed record Criterion(string Name, double Value, double Target, bool Met);
