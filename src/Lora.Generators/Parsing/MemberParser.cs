using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>Reads the layers and submodels of a model class, and the attributes on them.</summary>
internal static class MemberParser
{
    /// <summary>The names of what is generated for every model.</summary>
    public static readonly string[] ModelMembers =
    [
        "TrainableParameters", "CountParameters", "ApplyLora", "MergeAdapters", "UnmergeAdapters", "NamedLinears", "StateDict", "LoadStateDict", "TrainingMode",
    ];

    /// <summary>Reports the user's members that stand where generated ones would, and says whether there are any.</summary>
    public static bool HasTakenNames(INamedTypeSymbol type, IDiagnosticSink sink)
    {
        var generated = new HashSet<string>(type.IsStatic ? [] : ModelMembers);
        foreach (IMethodSymbol method in ModelParser.DifferentiableMethods(type))
        {
            string name = method.PlainName();
            string saved = method.SavedTypeName();
            generated.UnionWith([name + "Training", name + "Backward", saved]);
            if (!method.IsStatic)
            {
                generated.UnionWith(
                    method.ReturnType.IsTensor() ? [name + "WithPullback", saved.Substring(0, saved.Length - "Activations".Length) + "Pullback"] : [name + "AndGradients"]);
            }
        }

        bool isTaken = false;
        foreach (ISymbol member in type.GetMembers().Where(member => !member.IsImplicitlyDeclared && !member.IsGenerated() && generated.Contains(member.Name)))
        {
            sink.Report(Descriptors.NameTaken, member.Locations[0], member.Name, type.Name);
            isTaken = true;
        }

        return isTaken;
    }

    /// <summary>Reads the members; null where a name that must be generated is taken.</summary>
    public static EquatableArray<MemberSpec>? Parse(INamedTypeSymbol type, IDiagnosticSink sink)
    {
        bool isTaken = HasTakenNames(type, sink);
        var members = new List<MemberSpec>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        ISymbol[] own = [.. type.GetMembers().Where(member => !member.IsImplicitlyDeclared && !member.IsGenerated())];
        var taken = new HashSet<string>(own.Select(member => member.Name)) { type.Name };
        foreach (ISymbol member in type.GetMembers())
        {
            if (Parse(member, taken, sink, ref isTaken) is not { } spec)
            {
                continue;
            }

            if (names.TryGetValue(spec.StateName, out string? other))
            {
                sink.Report(Descriptors.SameStateName, member.Locations[0], member.Name, other, spec.StateName);
            }

            names[spec.StateName] = member.Name;
            members.Add(spec);
        }

        return isTaken ? null : members.ToEquatableArray();
    }

    private static MemberSpec? Parse(ISymbol member, HashSet<string> taken, IDiagnosticSink sink, ref bool isTaken)
    {
        if (member.IsGenerated())
        {
            return null;
        }

        if (member is IFieldSymbol { AssociatedSymbol: { } owner } && member.Has(KnownNames.Lora))
        {
            sink.Report(Descriptors.NotAdaptable, owner.Locations[0], owner.Name, "[field: Lora] marks the field behind it", "Write [Lora]");
            return null;
        }

        ITypeSymbol? type = member switch
        {
            IFieldSymbol { IsImplicitlyDeclared: false } field => field.Type,
            IPropertySymbol { IsIndexer: false } property when IsStored(property) => property.Type,
            _ => null,
        };
        AttributeData? lora = member.Attribute(KnownNames.Lora);
        if (type is null || member.IsStatic)
        {
            if (lora is not null)
            {
                string fault = member.IsStatic ? "it is static" : "it stores no layer";
                sink.Report(Descriptors.NotAdaptable, member.Locations[0], member.Name, fault, "Mark an instance field or property of type Linear or Embedding");
            }

            return null;
        }

        ITypeSymbol item = type.IsLayer() || type.IsModel() ? type : type.SequenceItem() ?? type;
        bool isLayer = item.IsLayer();
        if (lora is not null && !type.Is(KnownNames.Linear) && !type.Is(KnownNames.Embedding))
        {
            sink.Report(
                Descriptors.NotAdaptable, member.Locations[0], member.Name,
                $"its type is '{type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}'", "Mark a field or property of type Linear or Embedding, or use ApplyLora");
            lora = null;
        }

        if (!isLayer && !item.IsModel())
        {
            return null;
        }

        return new MemberSpec(
            Naming.Escape(member.Name),
            StateName(member),
            isLayer,
            lora is null ? null : ParseLora(member, type, lora, taken, sink, ref isTaken),
            member.Has(KnownNames.Trainable),
            member is IPropertySymbol { IsPartialDefinition: true } partial ? Partial(partial) : null);
    }

    private static bool IsStored(IPropertySymbol property) =>
        property.IsPartialDefinition
        || property.ContainingType.GetMembers().Any(member => member is IFieldSymbol field && SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    private static string StateName(ISymbol member) =>
        member.Attribute(KnownNames.StateName) is { ConstructorArguments.Length: 1 } attribute && attribute.ConstructorArguments[0].Value is string { Length: > 0 } name
            ? name
            : Naming.Snake(member.Name);

    private static LoraSpec ParseLora(ISymbol member, ITypeSymbol type, AttributeData attribute, HashSet<string> taken, IDiagnosticSink sink, ref bool isTaken)
    {
        Location location = member.Locations[0];
        int rank = attribute.Argument("Rank") as int? ?? LoraDefaults.Rank;
        float alpha = attribute.Argument("Alpha") as float? ?? LoraDefaults.Alpha;
        if (rank < 1)
        {
            sink.Report(Descriptors.RankTooSmall, location, member.Name, rank.ToString(CultureInfo.InvariantCulture));
        }

        if (!(alpha > 0) || float.IsInfinity(alpha))
        {
            sink.Report(Descriptors.AlphaNotPositive, location, member.Name, alpha.ToString(CultureInfo.InvariantCulture));
        }

        string wrapper = Naming.Pascal(member.Name);
        if (!taken.Add(wrapper))
        {
            wrapper += "Lora";
            if (!taken.Add(wrapper))
            {
                sink.Report(Descriptors.NameTaken, location, wrapper, member.ContainingType.Name);
                isTaken = true;
            }
        }

        if (!taken.Add("Merge" + Naming.Pascal(member.Name)))
        {
            sink.Report(Descriptors.NameTaken, location, "Merge" + Naming.Pascal(member.Name), member.ContainingType.Name);
            isTaken = true;
        }

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
            "Merge" + Naming.Pascal(member.Name),
            type.Is(KnownNames.Embedding));
    }

    private static PartialPropertySpec Partial(IPropertySymbol property)
    {
        string required = property.IsRequired ? "required " : "";
        string set = property.SetMethod is not { } setter ? "" : setter.IsInitOnly ? " init => {0} = value;" : " set => {0} = value;";
        return new PartialPropertySpec($"{SyntaxFacts.GetText(property.DeclaredAccessibility)} {required}partial", property.Type.ToSource(), Naming.Escape(property.Name), set);
    }
}
