using System.Runtime.CompilerServices;

namespace Lora.Generators.Tests;

/// <summary>Every program of these tests runs with NaN in memory that is not written yet, or given back: reading it shows.</summary>
internal static class UninitialisedMemory
{
    [ModuleInitializer]
    internal static void FillWithNaN() => Workspace.FillsWithNaN = true;
}
