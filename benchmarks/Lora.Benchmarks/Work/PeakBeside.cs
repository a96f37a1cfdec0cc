namespace Lora.Benchmarks;

/// <summary>What the FMA peak is measured with, as a work among others: a core's clock may not be what it was at the start of the run.</summary>
internal sealed class PeakBeside(int threads) : IWork
{
    public void Run() => Together.Seconds(threads, _ => FmaPeak.Run());

    public void Dispose()
    {
    }
}
