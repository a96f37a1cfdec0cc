using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>Reads the layers and submodels of a model class, and the attributes on them.</summary>
internal static class MemberParser
{
    // What a mend writes where there is no better one.
    private const int CommonRank = 8;

    private const string MarkInstead = "Mark an instance field or property of type Linear or Embedding, or use ApplyLora";

    /// <summary>Reads the members, in the order in which they are declared; with a scope, the sizes of their layers too.</summary>
    public static IEnumerable<MemberSpec> Parse(INamedTypeSymbol type, IDiagnosticSink sink, ClassScope? scope = null)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var taken = new HashSet<string>(GeneratedNames.OwnMembers(type).Select(member => member.Name).Concat(GeneratedNames.OfModel)) { type.Name };
        foreach (IMethodSymbol method in ModelParser.DifferentiableMethods(type))
        {
            taken.UnionWith(GeneratedNames.OfMethod(method));
        }

        foreach (ISymbol member in type.GetMembers())
        {
            if (Parse(member, taken, sink) is not { } spec)
            {
                continue;
            }

            if (spec.IsVisited && names.TryGetValue(spec.StateName, out string? other))
            {
                sink.Report(Descriptors.SameStateName, member.Locations[0], member.Name, other, spec.StateName);
            }

            if (spec.IsVisited)
            {
                names[spec.StateName] = member.Name;
            }

            yield return scope is not null && spec.Adapter is { IsStub: false } adapter
                ? spec with { Adapter = adapter with { Size = AdaptedDimensions.Of(member, scope)?.ToSpec() } }
                : spec;
        }
    }

    private static MemberSpec? Parse(ISymbol member, HashSet<string> taken, IDiagnosticSink sink)
    {
        if (member.IsGenerated())
        {
            return null;
        }

        if (member is IFieldSymbol { AssociatedSymbol: { } owner } && member.Has(KnownNames.Lora))
        {
            bool isMendable = ((IFieldSymbol)member).Type.IsAdaptable() && !member.IsStatic;
            sink.Report(
                Descriptors.NotAdaptable, owner.Locations[0], Fix.Of(isMendable ? Fix.RemoveTarget : Fix.Remove), owner.Name, "[field: Lora] marks the field behind it",
                isMendable ? "Write [Lora]" : MarkInstead);
            return Stub(owner, ((IFieldSymbol)member).Type, taken);
        }

        AttributeData? lora = member.Attribute(KnownNames.Lora);
        ITypeSymbol? type = member switch
        {
            IFieldSymbol { IsImplicitlyDeclared: false } field => field.Type,
            IPropertySymbol property => property.Type,
            _ => null,
        };
        if (type is null)
        {
            return null;
        }

        bool isStored = member is IFieldSymbol || member is IPropertySymbol { IsIndexer: false } own && IsStored(own);
        if (lora is not null)
        {
            string? fault = member.IsStatic ? "it is static"
                : !isStored ? "it stores no layer"
                : !type.IsAdaptable() ? $"its type is '{type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}'"
                : null;
            if (fault is not null)
            {
                sink.Report(Descriptors.NotAdaptable, member.Locations[0], Fix.Of(Fix.Remove), member.Name, fault, MarkInstead);
                return Stub(member, type, taken);
            }
        }

        if (!isStored || member.IsStatic || type.LayerOrModel() is not { } item || !item.IsLayer() && !item.CanBeExtended())
        {
            return null;
        }

        return new MemberSpec(
            Naming.Escape(member.Name),
            StateName(member),
            item.IsLayer(),
            IsVisited: true,
            lora is null ? null : ParseLora(member, type, lora, taken, sink),
            member.Has(KnownNames.Trainable),
            Partial(member));
    }

    // What was marked and cannot carry an adapter: whoever uses its wrapper sees no second error.
    private static MemberSpec Stub(ISymbol member, ITypeSymbol type, HashSet<string> taken)
    {
        (string? wrapper, string? merge) = type.IsAdaptable() ? WrapperNames(member, taken, NullSink.Instance) : default;
        var lora = new LoraSpec(1, 1, "", UseRsLora: false, UseDora: false, Dropout: 0, wrapper, merge, type.Is(KnownNames.Embedding), IsStub: true);
        return new MemberSpec(Naming.Escape(member.Name), "", IsLayer: false, IsVisited: false, lora, IsTrainable: false, Partial(member));
    }

    /// <summary>Whether a property keeps its value in a field of its own.</summary>
    public static bool IsStored(IPropertySymbol property) =>
        property is { IsPartialDefinition: true, GetMethod: not null }
        || property.ContainingType.GetMembers().Any(member => member is IFieldSymbol field && SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    /// <summary>The name of a member in state dictionaries.</summary>
    public static string StateName(ISymbol member) =>
        member.Attribute(KnownNames.StateName) is { ConstructorArguments.Length: 1 } attribute && attribute.ConstructorArguments[0].Value is string { Length: > 0 } name
            ? name
            : Naming.Snake(member.Name);

    private static LoraSpec ParseLora(ISymbol member, ITypeSymbol type, AttributeData attribute, HashSet<string> taken, IDiagnosticSink sink)
    {
        Location location = member.Locations[0];
        int rank = attribute.Argument("Rank") as int? ?? LoraDefaults.Rank;
        float alpha = attribute.Argument("Alpha") as float? ?? LoraDefaults.Alpha;
        if (rank < 1)
        {
            sink.Report(Descriptors.RankTooSmall, location, Fix.Of(Fix.Rank, Text(CommonRank)), member.Name, Text(rank));
        }

        if (!(alpha > 0) || float.IsInfinity(alpha))
        {
            string mended = Text(2L * (rank < 1 ? CommonRank : rank));
            sink.Report(Descriptors.AlphaNotPositive, location, Fix.Of(Fix.Alpha, mended), member.Name, alpha.ToString(CultureInfo.InvariantCulture));
        }

        (string? wrapper, string? merge) = WrapperNames(member, taken, sink);
        string init = attribute.Argument("Init") switch
        {
            1 => "KaimingUniformOverRank",
            2 => "Gaussian",
            _ => "KaimingUniform",
        };
        return new LoraSpec(
            rank,
            alpha,
            init,
            attribute.Argument("UseRsLora") is true,
            attribute.Argument("UseDora") is true,
            attribute.Argument("Dropout") as float? ?? 0,
            wrapper,
            merge,
            type.Is(KnownNames.Embedding),
            IsStub: false);
    }

    // The names of the wrapper and of its merging; null for one that is taken.
    private static (string? Wrapper, string? Merge) WrapperNames(ISymbol member, HashSet<string> taken, IDiagnosticSink sink)
    {
        string name = Naming.Pascal(member.Name);
        string? Free(string wanted)
        {
            if (taken.Add(wanted))
            {
                return wanted;
            }

            sink.Report(Descriptors.NameTaken, member.Locations[0], wanted, member.ContainingType.Name);
            return null;
        }

        return (taken.Add(name) ? name : Free(name + "Lora"), Free("Merge" + name));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static PartialPropertySpec? Partial(ISymbol member)
    {
        if (member is not IPropertySymbol { IsPartialDefinition: true, PartialImplementationPart: null } property
            || property.DeclaringSyntaxReferences[0].GetSyntax() is not PropertyDeclarationSyntax { AccessorList: { } accessors } declaration)
        {
            return null;
        }

        // Both parts must have the same modifiers: the accessibility too is written where the user writes it.
        return new PartialPropertySpec(
            Written(declaration.Modifiers), property.IsStatic ? "static " : "", property.Type.ToSource(), Naming.Escape(property.Name),
            string.Join(" ", accessors.Accessors.Select(accessor =>
                $"{Written(accessor.Modifiers)}{accessor.Keyword.Text} => {{0}}{(accessor.IsKind(SyntaxKind.GetAccessorDeclaration) ? "" : " = value")};")));
    }

    private static string Written(SyntaxTokenList modifiers) => string.Concat(modifiers.Select(modifier => modifier.Text + " "));
}
