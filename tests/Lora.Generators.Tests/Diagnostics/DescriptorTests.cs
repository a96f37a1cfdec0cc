extern alias generators;

using System.Reflection;
using System.Text.RegularExpressions;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators.Tests;

/// <summary>Every diagnostic has an id of its own, a page, an entry in the release files, an analyzer and a test.</summary>
public partial class DescriptorTests
{
    private static readonly Assembly _generators = typeof(LoraGenerator).Assembly;

    private static readonly DiagnosticDescriptor[] _descriptors =
    [
        .. _generators.GetType("Lora.Generators.Descriptors", throwOnError: true)!
            .GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (DiagnosticDescriptor)field.GetValue(null)!),
    ];

    public static TheoryData<string> Ids => [.. _descriptors.Select(descriptor => descriptor.Id)];

    [Fact]
    public void IdsAreInOrderAndUnique() => _descriptors.Select(descriptor => descriptor.Id).ShouldBe(_descriptors.Select(descriptor => descriptor.Id).Distinct().Order());

    [Theory]
    [MemberData(nameof(Ids))]
    public void HasAPage(string id)
    {
        DiagnosticDescriptor descriptor = Descriptor(id);
        descriptor.HelpLinkUri.ShouldEndWith($"docs/diagnostics/{id}.md");
        string page = File.ReadAllText(RepositoryPath("docs", "diagnostics", $"{id}.md"));
        string title = descriptor.Title.ToString();
        page.ShouldStartWith($"# {id}: {char.ToLowerInvariant(title[0])}{title[1..]}\n\n{descriptor.DefaultSeverity} · {descriptor.Category} · ");
        page.ShouldContain("\n## Wrong\n");
        page.ShouldContain("\n## Right\n");
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void IsListed(string id) => File.ReadAllText(RepositoryPath("docs", "diagnostics", "README.md"))
        .ShouldContain($"\n| [{id}]({id}.md) | {Descriptor(id).DefaultSeverity.ToString().ToLowerInvariant()} | ");

    [Theory]
    [MemberData(nameof(Ids))]
    public void IsReleased(string id)
    {
        DiagnosticDescriptor descriptor = Descriptor(id);
        string releases = File.ReadAllText(RepositoryPath("src", "Lora.Generators", "AnalyzerReleases.Unshipped.md"))
            + File.ReadAllText(RepositoryPath("src", "Lora.Generators", "AnalyzerReleases.Shipped.md"));
        releases.ShouldContain($"\n{id} | {descriptor.Category} | {descriptor.DefaultSeverity} | {descriptor.Title}\n");
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void IsReportedByAnAnalyzer(string id) => _generators.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !type.IsAbstract)
        .SelectMany(type => ((DiagnosticAnalyzer)Activator.CreateInstance(type)!).SupportedDiagnostics)
        .Count(descriptor => descriptor.Id == id).ShouldBe(1);

    [Theory]
    [MemberData(nameof(Ids))]
    public void IsTested(string id) => Directory.EnumerateFiles(RepositoryPath("tests", "Lora.Generators.Tests"), "*.cs", SearchOption.AllDirectories)
        .Select(File.ReadAllText)
        .Any(text => text.Contains($"{{|{id}:", StringComparison.Ordinal) || text.Contains($"[InlineData(\"{id}\"", StringComparison.Ordinal)).ShouldBeTrue();

    [Fact]
    public void EveryPageIsOfADiagnostic() => Directory.EnumerateFiles(RepositoryPath("docs", "diagnostics"))
        .Select(Path.GetFileNameWithoutExtension).Where(name => IdPattern().IsMatch(name!)).Order()
        .ShouldBe(_descriptors.Select(descriptor => descriptor.Id));

    private static DiagnosticDescriptor Descriptor(string id) => _descriptors.Single(descriptor => descriptor.Id == id);

    private static string RepositoryPath(params string[] parts)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
        {
            folder = folder.Parent;
        }

        return Path.Combine([folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository."), .. parts]);
    }

    [GeneratedRegex(@"^LORA\d{4}$")]
    private static partial Regex IdPattern();
}
