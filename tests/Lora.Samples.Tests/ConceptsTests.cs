using System.Globalization;
using System.Text.RegularExpressions;

namespace Lora.Samples.Tests;

/// <summary>The sample in its quick mode: what holds whatever the training did, and a picture for each question.</summary>
public sealed partial class ConceptsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_question_is_answered_with_figures_and_a_picture()
    {
        (int code, string output, string errors) = Sample.Run("Concepts", "--quick", "--out", _folder);
        code.ShouldBe(0, errors);
        foreach (string picture in (string[])["why-zero", "alpha-and-rank", "merging", "placement", "methods"])
        {
            string svg = File.ReadAllText(Path.Combine(_folder, picture + ".svg"));
            svg.ShouldContain("<svg");
            svg.ShouldContain("<path");
        }

        // With B zero the model is what it was, on both languages; with both random it is not.
        double[] pretrained = Row(output, "no adapter");
        double[] zero = Row(output, "B zero");
        zero[..2].ShouldBe(pretrained);
        zero[2].ShouldBeLessThan(zero[1] - 0.5);
        Row(output, "A and B random")[0].ShouldBeGreaterThan(pretrained[0] + 0.05);

        // Two blocks, each with r·(in + out) for its layers: 4·128 + 2·320 a rank for all six.
        Row(output, "all linears").ShouldContain(2 * 4 * 1152);
        Row(output, "q, v").ShouldContain(2 * 4 * 256);
        Row(output, "feed-forward").ShouldContain(2 * 7 * 640);
        Row(output, "LoRA, rank 4").ShouldContain(2 * 4 * 1152);
        Row(output, "bottleneck of 35").ShouldContain(2 * ((2 * 64 * 35) + 35 + 64));
        Row(output, "prefix of 36").ShouldContain(2 * 2 * 36 * 64);
        double none = Row(output, "none").First(value => value is > 0 and < 100);
        Row(output, "LoRA, rank 4").Any(value => value > 0.1 && value < none).ShouldBeTrue(output);
    }

    /// <summary>The page's tables have the rows of the program, with its counts; losses and times are those of one machine.</summary>
    [Fact]
    public void The_page_has_the_rows_and_counts_that_the_program_prints()
    {
        (int code, string output, string errors) = Sample.Run("Concepts", "--quick", "--out", _folder);
        code.ShouldBe(0, errors);
        string[] page = [.. Page().Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Trim('|', ' '))];
        string[][] counted = [.. output.Split('\n').Where(line => line.StartsWith('│')).Select(line => line.Trim('│', ' ').Split('│', StringSplitOptions.TrimEntries)).Where(cells => cells.Any(cell => Count().IsMatch(cell)))];
        counted.Length.ShouldBeGreaterThan(10);
        foreach (string[] cells in counted)
        {
            string count = cells.First(cell => Count().IsMatch(cell));
            page.ShouldContain(line => line.StartsWith(cells[0], StringComparison.Ordinal) && line.Split('|', StringSplitOptions.TrimEntries).Contains(count), $"{cells[0]}: {count}");
        }
    }

    [Fact]
    public void One_question_may_be_asked_alone_and_others_are_refused()
    {
        (int code, string output, string errors) = Sample.Run("Concepts", "placement", "--quick", "--out", _folder);
        code.ShouldBe(0, errors);
        output.ShouldNotContain("Why does B");
        Directory.GetFiles(_folder).Select(Path.GetFileName).ShouldBe(["placement.svg"]);
        (code, _, errors) = Sample.Run("Concepts", "everything");
        code.ShouldNotBe(0);
        errors.ShouldContain("everything");
    }

    // The numbers of the first line that has a name, behind the name.
    private static double[] Row(string output, string name)
    {
        string line = output.Split('\n').First(line => line.Contains(name, StringComparison.Ordinal) && line.AsSpan().ContainsAny('│', '|'));
        return [.. Number().Matches(line[(line.IndexOf(name, StringComparison.Ordinal) + name.Length)..]).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture))];
    }

    private static string Page()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "docs", "concepts.md");
            if (File.Exists(path))
            {
                return File.ReadAllText(path);
            }
        }

        throw new DirectoryNotFoundException("The repository's docs are not above the tests.");
    }

    [GeneratedRegex(@"^\d{1,3}(,\d{3})+$")]
    private static partial Regex Count();

    [GeneratedRegex(@"\d[\d,]*(\.\d+)?")]
    private static partial Regex Number();
}
