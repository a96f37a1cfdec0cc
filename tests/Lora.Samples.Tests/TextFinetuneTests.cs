using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Lora.Models.Tests;

namespace Lora.Samples.Tests;

public sealed partial class TextFinetuneTests : IDisposable
{
    private const int Characters = 60_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lora-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_model_of_stories_learns_Shakespeare_and_a_killed_run_goes_on_with_nothing_lost()
    {
        string model = Reference.PathOf("stories260K/hf");
        string text = Path.Combine(_folder.FullName, "text.txt");
        File.WriteAllText(text, File.ReadAllText(Reference.PathOf("tinyshakespeare/input.txt"))[..Characters]);
        string checkpoint = Path.Combine(_folder.FullName, "checkpoint");
        string[] arguments = ["--model", model, "--data", text, "--steps", "150"];

        (int code, string whole, string errors) = Sample.Run("TextFinetune", arguments);
        code.ShouldBe(0, errors);
        double after = Loss(whole, "after");
        after.ShouldBeLessThan(Loss(whole, "before") - 1);

        Kill(checkpoint, [.. arguments, "--checkpoint", checkpoint]);
        (code, string resumed, errors) = Sample.Run("TextFinetune", [.. arguments, "--checkpoint", checkpoint]);
        code.ShouldBe(0, errors);
        resumed.ShouldContain("going on after step");
        Loss(resumed, "after").ShouldBe(after);
    }

    [Fact]
    public void A_missing_model_is_said_and_nothing_is_written()
    {
        string text = Path.Combine(_folder.FullName, "text.txt");
        File.WriteAllText(text, "To be.");
        string missing = Path.Combine(_folder.FullName, "none");
        (int code, _, string errors) = Sample.Run("TextFinetune", "--model", missing, "--data", text);
        code.ShouldBe(1);
        errors.ShouldContain(missing);
        _folder.GetFileSystemInfos().ShouldHaveSingleItem();
    }

    private static void Kill(string checkpoint, string[] arguments)
    {
        using Process process = Sample.Start("TextFinetune", arguments);
        while (!Directory.Exists(checkpoint) && !process.HasExited)
        {
            Thread.Sleep(5);
        }

        process.Kill();
        process.WaitForExit();
        Directory.Exists(checkpoint).ShouldBeTrue();
    }

    private static double Loss(string output, string when) =>
        double.Parse(Losses().Matches(output).Single(match => match.Groups[1].Value == when).Groups[2].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"held-out loss (before|after): (\d+\.\d+)")]
    private static partial Regex Losses();
}
