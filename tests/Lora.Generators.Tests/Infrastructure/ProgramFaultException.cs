namespace Lora.Generators.Tests;

/// <summary>A generated program is not what its source says.</summary>
public sealed class ProgramFaultException(string message) : Exception(message);
