using System.Reflection.Metadata;

namespace Lora.Package.Tests;

/// <summary>What a debugger finds in a program's symbols.</summary>
internal static class DebugSymbols
{
    private static readonly Guid _embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    /// <summary>Whether the source of a file is in the symbols, with statements to stop at.</summary>
    public static bool CanStepInto(string symbols, string file)
    {
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(symbols));
        MetadataReader reader = provider.GetMetadataReader();
        DocumentHandle document = reader.Documents.Single(handle => reader.GetString(reader.GetDocument(handle).Name).EndsWith(file, StringComparison.Ordinal));
        bool hasSource = reader.GetCustomDebugInformation(document).Any(handle => reader.GetGuid(reader.GetCustomDebugInformation(handle).Kind) == _embeddedSource);
        return hasSource && reader.MethodDebugInformation.Select(reader.GetMethodDebugInformation)
            .Any(method => method.Document == document && method.GetSequencePoints().Any(point => !point.IsHidden));
    }
}
