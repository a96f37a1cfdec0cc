namespace Lora.Generators.Tests;

/// <summary>Diagnostics, or generated code, that are not what a test expects.</summary>
internal sealed class DiagnosticFaultException(string message) : Exception(message);
