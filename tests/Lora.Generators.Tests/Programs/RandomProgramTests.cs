using System.Collections.Concurrent;
using System.Globalization;

namespace Lora.Generators.Tests;

/// <summary>
/// Random programs: value and gradients of each are held to eager evaluation and to central differences in double precision. What one of them gets wrong is a
/// lifetime, an alias or a gradient that the other tests did not think of. <c>LORA_RANDOM_PROGRAMS=5000</c> runs more than the usual ones, and
/// <c>LORA_RANDOM_SEED</c> says which is the first.
/// </summary>
public class RandomProgramTests(ITestOutputHelper output)
{
    private const int Usual = 240;

    [Fact]
    public void AreRight()
    {
        int count = Setting("LORA_RANDOM_PROGRAMS", Usual);
        int first = Setting("LORA_RANDOM_SEED", 0);
        var faults = new ConcurrentBag<string>();
        int done = 0;
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            string source = new RandomProgramWriter(new Random(seed)).Write();
            try
            {
                Check(source, seed);
            }
            catch (ProgramFaultException fault)
            {
                faults.Add($"LORA_RANDOM_SEED={seed} LORA_RANDOM_PROGRAMS=1: {fault.Message}\n\n{source[source.IndexOf("public float Loss(", StringComparison.Ordinal)..]}");
            }

            int finished = Interlocked.Increment(ref done);
            if (finished % 100 == 0 && count > Usual)
            {
                Console.WriteLine($"{finished} of {count} random programs, {faults.Count} faults");
            }
        });
        output.WriteLine($"{done} random programs, {faults.Count} faults");
        faults.ShouldBeEmpty($"{faults.Count} of {done} random programs are wrong.\n{string.Join("\n\n", faults.Take(3))}");
    }

    [Theory]
    [InlineData("2.01f")]
    [InlineData("-2f")]
    [InlineData("0f")]
    public void FindAWrongRule(string factor)
    {
        string[] sources = [.. Enumerable.Range(0, 400).Select(seed => new RandomProgramWriter(new Random(seed)).Write(factor))];
        int[] users = [.. Enumerable.Range(0, sources.Length).Where(seed => Body(sources[seed]).Contains("Ops.Square(", StringComparison.Ordinal))];

        // A small fault shows only where the operation has a good part in a gradient.
        int tried = 0;
        bool isFound = users.Any(seed =>
        {
            tried++;
            try
            {
                Check(sources[seed], seed);
                return false;
            }
            catch (ProgramFaultException fault) when (fault.Message.Contains("The gradient of ", StringComparison.Ordinal))
            {
                return true;
            }
        });
        output.WriteLine($"{tried} of {users.Length} programs that use the operation were run until one found the factor {factor}");
        isFound.ShouldBeTrue();
    }

    [Fact]
    public void CoverTheGrammar()
    {
        string all = string.Concat(Enumerable.Range(0, Usual).Select(seed => Body(new RandomProgramWriter(new Random(seed)).Write())));
        string[] parts =
        [
            "_a.", "_b.", "_wide.", "_blocks[", "in _blocks", "_pair.", "_embedding.", "_norm.", "_layerNorm.", "_shared.", "_optional.", "_rotary", "Pick(", "Penalty(", "Helpers.Mix(",
            "Ops.Square(", "Ops.Product(", "Ops.Scale(", "Ops.Energy(", "Nn.Dropout(", "Nn.CausalAttention(", "Nn.CrossEntropy(", "Nn.Project(", "Nn.Stop(", "Nn.MatMul(", "Nn.Concat(",
            "for (", "foreach (int", "else if", "break;", "continue;", "return 5f +", " ? ", "+=", "-=", "*=", "is { }", "Tensor v0;",
        ];
        parts.Where(part => !all.Contains(part, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static void Check(string source, int seed) =>
        new ProgramCheck(source, seed % 3 == 0 ? "new Model(true)" : "new Model(false)") { Unused = [""], Noise = 1e-6, AllocatesByItself = Body(source).Contains("Ops.Product(", StringComparison.Ordinal) }
            .Verify(Inputs.Normal(1, 2, 4), Inputs.Normal(2, 2, 4), seed % 2 == 0, 2 + (seed % 3), new[] { seed % 4, 3 });

    private static string Body(string source) => source[source.IndexOf("public float Loss(", StringComparison.Ordinal)..];

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : usual;
}
