extern alias generators;

using System.Reflection;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators.Tests;

/// <summary>Holds the generator to its own rules: what did not change is not made again, and nothing that is kept holds on to a compilation.</summary>
internal static class CachingCheck
{
    /// <summary>The names of the pipeline's steps, as the generator lists them.</summary>
    public static string[] StepNames { get; } =
        [.. typeof(TrackingNames).GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];

    public static void VerifySecondRun(GeneratorDriver driver, Compilation compilation)
    {
        GeneratorRunResult first = driver.GetRunResult().Results.Single();
        VerifyValues(first);
        GeneratorRunResult second = driver.RunGenerators(ParsedAnew((CSharpCompilation)compilation)).GetRunResult().Results.Single();
        foreach (string name in StepNames)
        {
            IncrementalStepRunReason[] reasons = Reasons(second, name);
            if (reasons.Any(reason => reason is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged)))
            {
                throw new ProgramFaultException($"The step '{name}' runs anew for an equal compilation: {string.Join(", ", reasons)}.");
            }
        }

        IncrementalStepRunReason[] outputs = OutputReasons(second);
        if (outputs.Any(reason => reason != IncrementalStepRunReason.Cached))
        {
            throw new ProgramFaultException($"The output is made anew for an equal compilation: {string.Join(", ", outputs)}.");
        }
    }

    /// <summary>The same program, of which nothing was read yet.</summary>
    public static CSharpCompilation ParsedAnew(CSharpCompilation compilation) => compilation.RemoveAllSyntaxTrees().AddSyntaxTrees(
        compilation.SyntaxTrees.Select(tree => CSharpSyntaxTree.ParseText(tree.GetText(), (CSharpParseOptions)tree.Options, tree.FilePath)));

    public static IncrementalStepRunReason[] Reasons(GeneratorRunResult result, string step) =>
        result.TrackedSteps.TryGetValue(step, out var runs) ? [.. runs.SelectMany(run => run.Outputs).Select(output => output.Reason)] : [];

    public static IncrementalStepRunReason[] OutputReasons(GeneratorRunResult result) =>
        [.. result.TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(run => run.Outputs).Select(output => output.Reason)];

    /// <summary>Refuses a step whose values lead to a symbol, to syntax or to anything else that keeps a compilation in memory.</summary>
    public static void VerifyValues(GeneratorRunResult result)
    {
        foreach (string name in StepNames)
        {
            if (!result.TrackedSteps.TryGetValue(name, out var runs))
            {
                continue;
            }

            foreach ((object value, _) in runs.SelectMany(run => run.Outputs))
            {
                if (FindLeak(value, name) is { } leak)
                {
                    throw new ProgramFaultException($"A value of the pipeline keeps a compilation in memory: {leak}.");
                }
            }
        }
    }

    /// <summary>The path from a value to something that belongs to a compilation, or null.</summary>
    public static string? FindLeak(object? value, string path) => FindLeak(value, path, new HashSet<object>(ReferenceEqualityComparer.Instance));

    private static string? FindLeak(object? value, string path, HashSet<object> visited)
    {
        if (value is null or string or Type or Delegate || value.GetType() is { IsPrimitive: true } or { IsEnum: true } || !visited.Add(value))
        {
            return null;
        }

        if (value is ISymbol or SyntaxNode or SyntaxTree or SyntaxReference or Compilation or SemanticModel or IOperation or Location or AttributeData)
        {
            return $"{path}: {value.GetType().Name}";
        }

        if (value is Array array)
        {
            return array.Cast<object?>().Select((item, index) => FindLeak(item, $"{path}[{index}]", visited)).FirstOrDefault(leak => leak is not null);
        }

        for (Type? type = value.GetType(); type is not null; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (FindLeak(field.GetValue(value), $"{path}.{field.Name}", visited) is { } leak)
                {
                    return leak;
                }
            }
        }

        return null;
    }
}
