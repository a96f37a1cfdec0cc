using System.Runtime.InteropServices;

namespace Lora.Package.Tests;

/// <summary>Projects that know nothing but the packages: built, run, trimmed and compiled ahead of time.</summary>
[Collection("packages")]
public sealed class ConsumerTests(Packages packages)
{
    [Fact]
    public void QuickStart_trains()
    {
        packages.Run("build", "QuickStart", "-c", "Release");
        string folder = Path.Combine(packages.Folder("QuickStart"), "obj", "Release", "net10.0", "generated");
        string generated = Directory.GetFiles(folder, "QuickStart.Demo.Lora.g.cs", SearchOption.AllDirectories).Single();
        File.ReadAllText(generated).ShouldContain("public float LossAndGradients(");
        string program = Path.Combine(packages.Folder("QuickStart"), "bin", "Release", "net10.0", "QuickStart.dll");
        DebugSymbols.CanStepInto(Path.ChangeExtension(program, ".pdb"), "QuickStart.Demo.Lora.g.cs").ShouldBeTrue();
        VerifyTrained(Dotnet.Start("dotnet", packages.Folder("QuickStart"), program, "--steps", "20"));
    }

    [Fact]
    public void A_model_of_ones_own_is_proved()
    {
        string output = packages.Run("run", "Proof", "-c", "Release");
        output.ShouldContain("holds   gradients: 2 tensors");
        output.ShouldContain("holds   PEFT round trip");
        output.ShouldNotContain("FAILED");
    }

    [Fact]
    public void Trimmed_QuickStart_trains()
    {
        string target = Path.Combine(packages.Folder("QuickStart"), "trimmed");
        packages.Run("publish", "QuickStart", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishTrimmed=true", "-o", target);
        VerifyTrained(Dotnet.Start(Program(target), target, "--steps", "20"));
    }

    [Fact]
    public void Native_QuickStart_trains()
    {
        Assert.SkipUnless(NativeToolchain.IsThere, "There is no native toolchain (clang or gcc with zlib, or Visual Studio's linker).");
        string target = Path.Combine(packages.Folder("QuickStart"), "native");
        packages.Run("publish", "QuickStart", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishAot=true", "-o", target);
        VerifyTrained(Dotnet.Start(Program(target), target, "--steps", "20"));
    }

    [Fact]
    public void The_tool_is_installed_from_its_package_and_draws()
    {
        string tool = packages.Install("Lora.Cli", "lora");
        string folder = Directory.CreateDirectory(packages.Folder("tool")).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"model_type": "mlp", "sizes": [30, 50, 5]}""");
        (int exitCode, string output) = Dotnet.Start(tool, folder, "inspect", "config.json", "--rank", "2", "--targets", "all-linear");
        exitCode.ShouldBe(0, output);
        output.ShouldContain("trainable params: 270 || all params: 2,075");

        // The native library that draws is in the package: what is missing is the model.
        (exitCode, output) = Dotnet.Start(tool, folder, "finetune", "--model", "none", "--data", "none.txt", "--out", "out", "--plot", "curve.png");
        exitCode.ShouldBe(1);
        output.Trim().ShouldStartWith("lora: There is no folder 'none'");
    }

    [Theory]
    [InlineData("linux-x64", null, "x86-64-v3")]
    [InlineData("win-x64", "v4", "x86-64-v4")]
    [InlineData("osx-x64", "none", "")]
    [InlineData("linux-arm64", null, "")]
    public void The_instruction_set_of_native_programs(string platform, string? chosen, string expected)
    {
        packages.Run("restore", "QuickStart");
        string[] choice = chosen is null ? [] : [$"-p:LoraInstructionSet={chosen}"];
        packages.Run("msbuild", "QuickStart", ["-getProperty:IlcInstructionSet", "-p:PublishAot=true", $"-p:RuntimeIdentifier={platform}", .. choice]).Trim().ShouldBe(expected);
    }

    [Fact]
    public void An_instruction_set_that_is_none_is_refused()
    {
        packages.Run("restore", "QuickStart");
        (int exitCode, string output) = packages.Try(
            "msbuild", "QuickStart", "-t:CheckLoraInstructionSet", "-p:PublishAot=true", "-p:RuntimeIdentifier=linux-x64", "-p:LoraInstructionSet=v9");
        exitCode.ShouldNotBe(0);
        output.ShouldContain("LoraInstructionSet is 'v9', which is no instruction set. Use v3, v4 or none.");
    }

    private static string Program(string folder) => Path.Combine(folder, OperatingSystem.IsWindows() ? "QuickStart.exe" : "QuickStart");

    private static void VerifyTrained((int ExitCode, string Output) run)
    {
        run.ExitCode.ShouldBe(0, run.Output);
        run.Output.ShouldContain("12,288");
        run.Output.ShouldContain("loss at step   20");
    }
}
