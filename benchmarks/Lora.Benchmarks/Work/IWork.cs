namespace Lora.Benchmarks;

/// <summary>A piece of work to be timed, with all that it needs already made.</summary>
internal interface IWork : IDisposable
{
    void Run();
}
