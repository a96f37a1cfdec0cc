using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>The dotted paths that the layers of a model can have, as far as its declarations say.</summary>
internal sealed class LayerPaths
{
    /// <summary>Stands for the index of an item of an array or list, which is known at run time.</summary>
    public const char Index = '\0';

    // With the private members of other assemblies, which a compilation leaves out.
    private static readonly ConditionalWeakTable<Compilation, Compilation> _whole = new();

    private readonly Compilation _compilation;
    private readonly List<string> _paths = [];
    private readonly HashSet<ISymbol> _around = new(SymbolEqualityComparer.Default);

    private LayerPaths(Compilation compilation) => _compilation = compilation;

    /// <summary>The paths of everything that may be a <c>Linear</c> or <c>Embedding</c>; null where a part of the model is not known.</summary>
    public static IReadOnlyList<string>? Of(INamedTypeSymbol model, Compilation compilation)
    {
        var paths = new LayerPaths(compilation);
        return paths.Collect(model.OriginalDefinition, "") ? paths._paths : null;
    }

    private bool Collect(INamedTypeSymbol model, string prefix)
    {
        if (Whole(model) is not { } definition || !definition.DeclaresModel() || !definition.CanBeExtended() || !_around.Add(definition))
        {
            return false;
        }

        foreach ((string name, ITypeSymbol type) in Members(definition))
        {
            string path = prefix + name;
            ITypeSymbol item = type;
            while (!item.IsLayer() && !item.IsModel())
            {
                path += $".{Index}";
                item = item.SequenceItem()!;
            }

            if (!item.IsLayer())
            {
                if (item is not INamedTypeSymbol submodel || !Collect(submodel.OriginalDefinition, path + "."))
                {
                    return false;
                }
            }
            else if (item is ITypeParameterSymbol || item.IsAbstract || item.IsAdaptable())
            {
                _paths.Add(path);
            }
        }

        _around.Remove(definition);
        return true;
    }

    // The definition with all of its members. Reference assemblies have the public ones alone.
    private INamedTypeSymbol? Whole(INamedTypeSymbol definition)
    {
        if (!definition.DeclaringSyntaxReferences.IsEmpty)
        {
            return definition;
        }

        if (definition.ContainingAssembly.Has("System.Runtime.CompilerServices.ReferenceAssemblyAttribute"))
        {
            return null;
        }

        Compilation whole = _whole.GetValue(_compilation, compilation => compilation.WithOptions(compilation.Options.WithMetadataImportOptions(MetadataImportOptions.All)));
        string name = definition.MetadataName;
        for (INamedTypeSymbol? outer = definition.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            name = $"{outer.MetadataName}+{name}";
        }

        string prefix = definition.ContainingNamespace.IsGlobalNamespace ? "" : definition.ContainingNamespace.ToDisplayString() + ".";
        return whole.GetTypeByMetadataName(prefix + name);
    }

    private static IEnumerable<(string Name, ITypeSymbol Type)> Members(INamedTypeSymbol definition)
    {
        if (!definition.DeclaringSyntaxReferences.IsEmpty)
        {
            foreach (MemberSpec member in MemberParser.Parse(definition, NullSink.Instance).Where(member => member.IsVisited))
            {
                if (definition.GetMembers(member.Name.TrimStart('@')).Select(TypeOf).FirstOrDefault(type => type is not null) is { } declared)
                {
                    yield return (member.StateName, declared);
                }
            }

            yield break;
        }

        foreach (ISymbol member in definition.GetMembers().Where(member => !member.IsStatic && member.CanBeReferencedByName && !member.IsGenerated()))
        {
            bool isStored = member is not IPropertySymbol property || StoredIn(property).Any(name => definition.GetMembers(name).Any(field => field is IFieldSymbol));
            if (isStored && TypeOf(member) is { } type && type.LayerOrModel() is not null)
            {
                yield return (MemberParser.StateName(member), type);
            }
        }
    }

    private static ITypeSymbol? TypeOf(ISymbol member) => member switch
    {
        IFieldSymbol field => field.Type,
        IPropertySymbol property => property.Type,
        _ => null,
    };

    // The compiler's names for the fields of properties, and the generator's.
    private static string[] StoredIn(IPropertySymbol property) => [$"<{property.Name}>k__BackingField", WrapperWriter.StorageOf(property.Name)];
}
