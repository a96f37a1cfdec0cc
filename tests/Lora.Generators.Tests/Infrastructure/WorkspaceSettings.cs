using System.Runtime.CompilerServices;

namespace Lora.Generators.Tests;

/// <summary>What every program of these tests runs with.</summary>
internal static class WorkspaceSettings
{
    /// <summary>NaN in memory that is not written yet, or given back: reading it shows. And results that can be made again are, however small.</summary>
    [ModuleInitializer]
    internal static void Set()
    {
        Workspace.FillsWithNaN = true;
        Workspace.LeastRemade = 0;
    }
}
