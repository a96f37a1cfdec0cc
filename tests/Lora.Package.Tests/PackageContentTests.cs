using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Lora.Package.Tests;

/// <summary>What is in the packages.</summary>
[Collection("packages")]
public sealed class PackageContentTests(Packages packages)
{
    [Fact]
    public void The_runtime_brings_generator_and_analyzers()
    {
        using ZipArchive package = packages.Open("Lora.Runtime");
        string[] names = [.. package.Entries.Select(entry => entry.FullName)];
        string[] analyzers = Directory.Exists(Path.Combine(Dotnet.Repository, "src", "Lora.CodeFixes"))
            ? ["analyzers/dotnet/cs/Lora.CodeFixes.dll", "analyzers/dotnet/cs/Lora.Generators.dll"]
            : ["analyzers/dotnet/cs/Lora.Generators.dll"];
        names.Where(name => name.StartsWith("analyzers/", StringComparison.Ordinal)).Order().ShouldBe(analyzers);
        names.Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order().ShouldBe(["lib/net10.0/Lora.Runtime.dll", "lib/net10.0/Lora.Runtime.xml"]);
        names.ShouldContain("buildTransitive/Lora.Runtime.targets");
    }

    [Theory]
    [InlineData("Lora.Runtime", "System.Numerics.Tensors")]
    [InlineData("Lora.Models", "Lora.Runtime", "Microsoft.Extensions.AI.Abstractions", "Microsoft.ML.Tokenizers")]
    [InlineData("Lora.Testing", "Lora.Runtime")]
    public void Every_package_says_what_it_is(string id, params string[] expected)
    {
        using ZipArchive package = packages.Open(id);
        using Stream stream = package.Entries.Single(entry => entry.FullName == id + ".nuspec").Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        string? Value(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        Value("license").ShouldBe("MIT");
        Value("readme").ShouldBe("README.md");
        Value("icon").ShouldBe("icon.png");
        Value("description").ShouldNotBeNullOrEmpty();
        Value("tags").ShouldNotBeNullOrEmpty();
        package.GetEntry("README.md").ShouldNotBeNull().Length.ShouldBeGreaterThan(1000);
        package.GetEntry("icon.png").ShouldNotBeNull();
        package.GetEntry($"lib/net10.0/{id}.xml").ShouldNotBeNull();
        XElement[] dependencies = [.. metadata.Descendants().Where(element => element.Name.LocalName == "dependency")];
        dependencies.Select(element => element.Attribute("id")!.Value).Order(StringComparer.Ordinal).ShouldBe(expected);
        if (dependencies.SingleOrDefault(element => element.Attribute("id")!.Value == "Lora.Runtime") is { } runtime)
        {
            // Else who refers to this package would have no generator.
            (runtime.Attribute("exclude")?.Value ?? "").ShouldNotContain("Analyzers");
        }
    }

    [Theory]
    [InlineData("Lora.Runtime")]
    [InlineData("Lora.Models")]
    [InlineData("Lora.Testing")]
    public void Every_package_is_reproducible_and_has_symbols(string id)
    {
        using ZipArchive package = packages.Open(id);
        using var memory = new MemoryStream();
        using (Stream stream = package.GetEntry($"lib/net10.0/{id}.dll")!.Open())
        {
            stream.CopyTo(memory);
        }

        memory.Position = 0;
        using var reader = new PEReader(memory);
        reader.ReadDebugDirectory().ShouldContain(entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        using ZipArchive symbols = packages.Open(id, "snupkg");
        symbols.GetEntry($"lib/net10.0/{id}.pdb").ShouldNotBeNull();
    }
}

[CollectionDefinition("packages")]
public sealed class PackagesCollection : ICollectionFixture<Packages>;
