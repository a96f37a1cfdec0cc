extern alias generators;

using System.Diagnostics;
using System.Globalization;
using generators::Lora.Generators;
using Lora.Generators.Benchmarks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

// What the generator costs: the first run, a keystroke in a body elsewhere beside binding the same bodies alone, a new declaration
// elsewhere, memory held, and a compiler process of its own.
const int Rounds = 15;
const double FirstRunLimit = 400;
const double EditLimit = 1.3;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine($"{ModelSources.Models} models of 7 adapters and 4 methods; minimum of {Rounds} after warming up");

// Warm: everything is compiled by the JIT, nothing of the measured compilation is known.
for (int i = 0; i < 8; i++)
{
    Driver().RunGenerators(ModelSources.Compile());
    Bind(ModelSources.Compile());
}

double first = Minimum(() => ModelSources.Compile(), compilation => Driver().RunGenerators(compilation));
CSharpCompilation measured = ModelSources.Compile();
GeneratorDriver driver = Driver().RunGenerators(measured);
VerifyAllWritten(driver.GetRunResult().Results.Single());

int edits = 0;
double binding = double.PositiveInfinity;
double edit = double.PositiveInfinity;
double declaration = double.PositiveInfinity;
for (int i = 0; i < Rounds; i++)
{
    // Both see a compilation that is new but for its trees, in turn.
    binding = Math.Min(binding, Milliseconds(() => Bind(ModelSources.Edit(measured, ++edits))));
    CSharpCompilation edited = ModelSources.Edit(measured, ++edits);
    edit = Math.Min(edit, Milliseconds(() => driver = driver.RunGenerators(edited)));
}

for (int i = 0; i < Rounds; i++)
{
    CSharpCompilation edited = ModelSources.Edit(measured, ++edits, $"Fresh{edits}");
    declaration = Math.Min(declaration, Milliseconds(() => driver = driver.RunGenerators(edited)));
}

GeneratorRunResult last = driver.GetRunResult().Results.Single();
bool isCached = last.TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(run => run.Outputs).All(output => output.Reason == IncrementalStepRunReason.Cached)
    && last.TrackedSteps["Source"].SelectMany(run => run.Outputs).All(output => output.Reason == IncrementalStepRunReason.Cached);

Row("first run in a warm process", $"{first:F0} ms", first < FirstRunLimit, $"< {FirstRunLimit} ms");
Row("binding the same bodies alone (GetOperation)", $"{binding:F1} ms");
Row("after an unrelated edit", $"{edit:F1} ms, {edit / binding:F2}×", edit <= EditLimit * binding, $"≤ {EditLimit}×");
Row("after a declaration elsewhere, which every class may see", $"{declaration:F1} ms, {declaration / binding:F2}×");
Row("every later step cached", isCached ? "yes" : "no", isCached, "yes");
Row("memory held by the driver beside the compilation", $"{MemoryHeld() / 1e6:F1} MB");
(double without, double asFiles, double with) = CompilerProcess.Measure([.. last.GeneratedSources.Select(source => source.SourceText.ToString())]);
Row("a compiler process of its own, the models alone", $"{without:F0} ms");
Row("the same with what is generated as plain files", $"{asFiles:F0} ms");
Row("the same with the generator and its analyzers", $"{with:F0} ms");
return first < FirstRunLimit && edit <= EditLimit * binding && isCached ? 0 : 1;

static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
    [new LoraGenerator().AsSourceGenerator()],
    parseOptions: ModelSources.ParseOptions,
    driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

static void Bind(CSharpCompilation compilation)
{
    int bodies = 0;
    foreach (SyntaxTree tree in compilation.SyntaxTrees)
    {
        SemanticModel model = compilation.GetSemanticModel(tree);
        foreach (MethodDeclarationSyntax method in tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>())
        {
            bodies += model.GetOperation(method) is null ? 0 : 1;
        }
    }

    if (bodies != 4 * ModelSources.Models)
    {
        throw new InvalidOperationException($"{bodies} bodies were bound.");
    }
}

static void VerifyAllWritten(GeneratorRunResult result)
{
    if (result.Exception is not null || result.GeneratedSources.Length != ModelSources.Models || result.GeneratedSources.Any(source => !source.SourceText.ToString().Contains("LossAndGradients")))
    {
        throw new InvalidOperationException($"The generator wrote {result.GeneratedSources.Length} files. {result.Exception}");
    }
}

static double Minimum<T>(Func<T> prepare, Action<T> run)
{
    double least = double.PositiveInfinity;
    for (int i = 0; i < Rounds; i++)
    {
        T prepared = prepare();
        GC.Collect();
        least = Math.Min(least, Milliseconds(() => run(prepared)));
    }

    return least;
}

static double Milliseconds(Action run)
{
    var watch = Stopwatch.StartNew();
    run();
    return watch.Elapsed.TotalMilliseconds;
}

static long MemoryHeld()
{
    CSharpCompilation compilation = ModelSources.Compile();
    Bind(compilation);
    long before = GC.GetTotalMemory(forceFullCollection: true);
    GeneratorDriver held = Driver().RunGenerators(compilation);
    long after = GC.GetTotalMemory(forceFullCollection: true);
    GC.KeepAlive(held);
    GC.KeepAlive(compilation);
    return after - before;
}

static void Row(string what, string value, bool? isMet = null, string target = "") =>
    Console.WriteLine($"{what,-58} {value,-20} {target,-10} {(isMet is { } met ? met ? "met" : "MISSED" : "")}".TrimEnd());
