using System.Reflection;
using System.Runtime.Loader;

namespace Lora.Generators.Tests;

/// <summary>Loads the assemblies of one program beside those of all others.</summary>
internal sealed class ProgramAssembly : AssemblyLoadContext
{
    private readonly Dictionary<string, Assembly> _loaded = [];

    public Assembly Load(string name, byte[] image)
    {
        using var stream = new MemoryStream(image);
        Assembly assembly = LoadFromStream(stream);
        _loaded.Add(name, assembly);
        return assembly;
    }

    protected override Assembly? Load(AssemblyName assemblyName) => _loaded.GetValueOrDefault(assemblyName.Name!);
}
