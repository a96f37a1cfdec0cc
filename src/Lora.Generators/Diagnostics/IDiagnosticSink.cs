using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>Takes the faults that reading a model finds.</summary>
internal interface IDiagnosticSink
{
    void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments);

    /// <summary>Reports a fault that a code fix can mend.</summary>
    void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments);
}

/// <summary>Keeps faults, for others to report.</summary>
internal sealed class FaultList : IDiagnosticSink
{
    private readonly List<(DiagnosticDescriptor Descriptor, Location Location, Fix Fix, object[] Arguments)> _faults = [];

    public void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments) => Report(descriptor, location, Fix.None, arguments);

    public void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments) => _faults.Add((descriptor, location, fix, arguments));

    public void ReportTo(IDiagnosticSink sink)
    {
        foreach ((DiagnosticDescriptor descriptor, Location location, Fix fix, object[] arguments) in _faults)
        {
            sink.Report(descriptor, location, fix, arguments);
        }
    }
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
