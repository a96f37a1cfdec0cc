using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>Takes the faults that reading a model finds.</summary>
internal interface IDiagnosticSink
{
    void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments);

    /// <summary>Reports a fault that a code fix can mend.</summary>
    void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments);
}

/// <summary>The generator's: analyzers report, from the same reading.</summary>
internal sealed class NullSink : IDiagnosticSink
{
    public static readonly NullSink Instance = new();

    public void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments)
    {
    }

    public void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments)
    {
    }
}
