using System.Globalization;
using System.Text.RegularExpressions;

namespace Lora.Samples.Tests;

public sealed partial class DigitShiftTests
{
    [Fact]
    public void Adapters_learn_the_other_style_and_leave_the_network_as_it_was()
    {
        string picture = Path.Combine(Path.GetTempPath(), $"lora-{Guid.NewGuid():N}.png");
        try
        {
            (int code, string output, string errors) = Sample.Run("DigitShift", "--steps", "150", "--out", picture);
            code.ShouldBe(0, errors);
            output.ShouldContain("trainable params: 4,432 || all params: 34,250");
            double[] plain = Row(output, "plain");
            double[] shifted = Row(output, "shifted");
            plain[0].ShouldBeGreaterThan(80);
            shifted[0].ShouldBeLessThan(50);
            shifted[1].ShouldBeGreaterThan(shifted[0] + 30);
            (plain[2], shifted[2]).ShouldBe((plain[0], shifted[0]));
            File.ReadAllBytes(picture)[..8].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
            new FileInfo(picture).Length.ShouldBeGreaterThan(5000);
        }
        finally
        {
            File.Delete(picture);
        }
    }

    [Fact]
    public void A_rank_that_is_too_large_is_one_readable_line()
    {
        (int code, _, string errors) = Sample.Run("DigitShift", "--steps", "1", "--rank", "11", "--out", "unused.png");
        code.ShouldBe(1);
        errors.Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("Rank is 11");
    }

    private static double[] Row(string output, string style)
    {
        string line = output.Split('\n').First(line => Cells().Matches(line).Count == 3 && line.Contains(style, StringComparison.Ordinal));
        return [.. Cells().Matches(line).Select(cell => double.Parse(cell.Groups[1].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"(\d+\.\d) ?%")]
    private static partial Regex Cells();
}
