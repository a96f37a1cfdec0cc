namespace Lora.Benchmarks;

/// <summary>How rows are measured.</summary>
/// <param name="Threads">The threads that both sides have.</param>
/// <param name="Repeats">The turns of each side.</param>
/// <param name="HasPeer">Whether libtorch is there.</param>
internal sealed record Setting(int Threads, Repeats Repeats, bool HasPeer);
