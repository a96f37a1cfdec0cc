using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>The names of what is generated, and which of them the user's own members have.</summary>
internal static class GeneratedNames
{
    /// <summary>How the names of generated files end.</summary>
    public const string FileSuffix = ".Lora.g.cs";

    private const string Activations = nameof(Activations);

    /// <summary>The names of what is generated for every model.</summary>
    public static readonly string[] OfModel =
    [
        "TrainableParameters", "CountParameters", "ApplyLora", "MergeAdapters", "UnmergeAdapters", "NamedLinears", "StateDict", "LoadStateDict", "TrainingMode",
    ];

    /// <summary>The names of what is generated for a differentiable method.</summary>
    public static IEnumerable<string> OfMethod(IMethodSymbol method)
    {
        string name = method.PlainName();
        string saved = method.SavedTypeName();
        yield return name + "Training";
        yield return name + "Backward";
        yield return saved;
        if (method.Attribute(KnownNames.Differentiable)?.Argument("Checkpoint") is true)
        {
            yield return name + "Segment";
            yield return name + "SegmentBackward";
        }

        if (method.IsStatic)
        {
            yield break;
        }

        if (method.ReturnType.IsTensor())
        {
            yield return name + "WithPullback";
            yield return PullbackOf(saved);
        }
        else
        {
            yield return name + "AndGradients";
            yield return name + "Memory";
        }
    }

    public static string PullbackOf(string savedType) => savedType.Substring(0, savedType.Length - Activations.Length) + "Pullback";

    /// <summary>The members that the user wrote.</summary>
    public static IEnumerable<ISymbol> OwnMembers(INamedTypeSymbol type) => type.GetMembers().Where(IsOwn);

    /// <summary>Whether the derivative of a method can be generated under its names.</summary>
    public static bool AreFree(IMethodSymbol method) => !OfMethod(method).SelectMany(name => Owners(method.ContainingType, name)).Any();

    /// <summary>Reports the user's members that stand where generated ones would, and returns their names.</summary>
    public static HashSet<string> Taken(INamedTypeSymbol type, IDiagnosticSink sink)
    {
        IEnumerable<string> generated = (type.IsStatic ? [] : OfModel).Concat(ModelParser.DifferentiableMethods(type).SelectMany(OfMethod)).Distinct();
        var taken = new HashSet<string>();
        foreach (ISymbol member in generated.SelectMany(name => Owners(type, name)))
        {
            sink.Report(Descriptors.NameTaken, member.Locations[0], member.Name, type.Name);
            taken.Add(member.Name);
        }

        return taken;
    }

    private static IEnumerable<ISymbol> Owners(INamedTypeSymbol type, string name) => type.GetMembers(name).Where(IsOwn);

    private static bool IsOwn(ISymbol member) => !member.IsImplicitlyDeclared && !member.IsGenerated();
}
