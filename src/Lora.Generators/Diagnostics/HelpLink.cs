using System.Reflection;

namespace Lora.Generators;

/// <summary>The page of a diagnostic: under the repository's address, where the build knows one.</summary>
internal static class HelpLink
{
    private static readonly string _pages = typeof(HelpLink).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == "DiagnosticPages").Value;

    public static string For(string id) => $"{_pages}/{id}.md";
}
