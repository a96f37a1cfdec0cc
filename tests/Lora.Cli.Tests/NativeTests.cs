using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Lora.Cli.Tests;

/// <summary>
/// The tool as one native file. Publishing takes a minute or two, so that these run only where <c>LORA_TEST_NATIVE</c> is 1 and a native toolchain is there.
/// </summary>
public sealed class NativeTests : ToolTests
{
    private const string Variable = "LORA_TEST_NATIVE";

    [Fact]
    public void The_tool_published_by_NativeAOT_inspects_trains_draws_and_generates()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(Variable) == "1", $"Publishing takes long: set {Variable}=1 to run this.");
        Assert.SkipUnless(HasToolchain(), "There is no native toolchain: clang or gcc with zlib, or Visual Studio's linker.");
        string tool = Publish();
        string model = TinyModel.Make(PathOf("model"));
        (int code, string output, string error) = Run(tool, "inspect", model, "--rank", "4", "--json");
        code.ShouldBe(0, error);
        output.ShouldBe(Tool.Succeed("inspect", model, "--rank", "4", "--json"));
        using (JsonDocument figures = JsonDocument.Parse(output.Trim().Split('\n')[^1]))
        {
            figures.RootElement.GetProperty("memory").GetProperty("with_lora").GetProperty("total").GetInt64().ShouldBeGreaterThan(0);
        }

        string[] training = Training("--steps", "2", "--out", PathOf("out"), "--log", PathOf("log.jsonl"), "--plot", PathOf("curve.png"));
        (code, _, error) = Run(tool, training);
        code.ShouldBe(0, error);
        File.ReadAllBytes(PathOf("curve.png"))[1..4].ShouldBe("PNG"u8.ToArray());
        Tool.Succeed(Training("--steps", "2", "--out", PathOf("managed"), "--log", PathOf("managed.jsonl")));
        foreach ((JsonElement native, JsonElement managed) in ReadLog(PathOf("log.jsonl")).Zip(ReadLog(PathOf("managed.jsonl"))))
        {
            // Other vectors, other rounding.
            native.GetProperty("loss").GetDouble().ShouldBe(managed.GetProperty("loss").GetDouble(), 1e-5);
        }

        (code, output, error) = Run(tool, "generate", "--model", model, "--adapter", PathOf("out"), "--prompt", "the river", "--max-tokens", "5");
        code.ShouldBe(0, error);
        output.ShouldStartWith("the river");
        (code, _, error) = Run(tool, "inspect", PathOf("none"));
        code.ShouldBe(1);
        error.Trim().Split('\n').ShouldHaveSingleItem().ShouldStartWith("lora: There is no");

        // The file alone does all but draw, and says what it lacks before it trains.
        string alone = PathOf(Path.GetFileName(tool));
        File.Copy(tool, alone);
        Run(alone, "inspect", PathOf("out")).Code.ShouldBe(0);
        (code, _, error) = Run(alone, training);
        code.ShouldBe(1);
        error.Trim().Split('\n').ShouldHaveSingleItem().ShouldContain("--plot needs SkiaSharp's native library");
        (code, _, error) = Run(alone, Training("--steps", "2", "--out", PathOf("alone")));
        code.ShouldBe(0, error);
    }

    // Into a folder of its own, so that the builds of the tests and this one do not write over each other.
    private string Publish()
    {
        string target = PathOf("native");
        (int code, string output, string error) = Run(
            "dotnet", "publish", Path.Combine(Repository(), "src", "Lora.Cli"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true",
            "--artifacts-path", PathOf("artifacts"), "-o", target, "-nodeReuse:false");
        code.ShouldBe(0, output + error);
        output.ShouldNotMatch(@"warning IL\d+");
        string tool = Path.Combine(target, OperatingSystem.IsWindows() ? "lora.exe" : "lora");
        File.Exists(tool).ShouldBeTrue(output);
        Directory.GetFiles(target).Where(path => path != tool).ShouldAllBe(path => Path.GetFileName(path).StartsWith("lib", StringComparison.OrdinalIgnoreCase));
        return tool;
    }

    private static string Repository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }

    private bool HasToolchain()
    {
        if (OperatingSystem.IsWindows())
        {
            return File.Exists(Environment.ExpandEnvironmentVariables(@"%ProgramFiles(x86)%\Microsoft Visual Studio\Installer\vswhere.exe"));
        }

        string source = Write("probe.c", "int main(void) { return 0; }");
        return Links("clang") || Links("gcc");

        bool Links(string compiler)
        {
            try
            {
                return Run(compiler, source, "-lz", "-o", PathOf("probe")).Code == 0;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }

    private static (int Code, string Output, string Error) Run(string program, params string[] args) => ChildProgram.Run(new ProcessStartInfo(program, args));
}
