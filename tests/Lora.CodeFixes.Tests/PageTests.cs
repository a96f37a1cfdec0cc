extern alias fixes;

using fixes::Lora.CodeFixes;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Lora.CodeFixes.Tests;

/// <summary>The page of a diagnostic says that there is a fix where there is one.</summary>
public class PageTests
{
    private static readonly HashSet<string> _fixable =
    [
        .. typeof(EditingCodeFix).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(CodeFixProvider)) && !type.IsAbstract)
            .SelectMany(type => ((CodeFixProvider)Activator.CreateInstance(type)!).FixableDiagnosticIds),
    ];

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Folder(), "LORA*.md").Order()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void SaysWhetherThereIsAFix(string page)
    {
        string facts = File.ReadAllLines(page)[2];
        facts.Contains("no code fix", StringComparison.Ordinal).ShouldBe(!_fixable.Contains(Path.GetFileNameWithoutExtension(page)), facts);
        facts.ShouldContain("code fix");
    }

    private static string Folder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository."), "docs", "diagnostics");
    }
}
