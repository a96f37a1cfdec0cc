using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lora.Generators;

/// <summary>Reads a model class: its layers and submodels, and the bodies of its differentiable methods.</summary>
internal static class ModelParser
{
    /// <summary>The version of C# that generated code is written in.</summary>
    public const LanguageVersion LanguageNeeded = LanguageVersion.CSharp12;

    /// <summary>Reads a class for the generator, which is silent; null where no code can be added to it.</summary>
    public static ModelSpec? Parse(INamedTypeSymbol type, SourceReader sources, CancellationToken cancellation) =>
        Parse(type, (CSharpCompilation)sources.Compilation, ClassScope.Of(type, sources, cancellation), NullSink.Instance, cancellation, method =>
        {
            IMethodSymbol body = method.PartialImplementationPart ?? method;
            return body.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) is { } declaration
                ? BodyLowering.Lower(sources, body, declaration, NullSink.Instance, cancellation)
                : null;
        });

    /// <summary>Reads a class for analyzers, which report and do not ask for sizes; null where no code can be added to it.</summary>
    public static ModelSpec? Parse(INamedTypeSymbol type, CSharpCompilation compilation, LoweredMethods methods, IDiagnosticSink sink, CancellationToken cancellation) =>
        Parse(type, compilation, scope: null, sink, cancellation, method =>
        {
            LoweredMethod? lowered = methods.Of(method, cancellation);
            if (compilation.LanguageVersion >= LanguageNeeded)
            {
                lowered?.Faults.ReportTo(sink);
            }

            return lowered?.Ir;
        });

    private static ModelSpec? Parse(
        INamedTypeSymbol type, CSharpCompilation compilation, ClassScope? scope, IDiagnosticSink sink, CancellationToken cancellation, Func<IMethodSymbol, MethodIr?> lower)
    {
        if (!CanExtend(type, sink, cancellation))
        {
            return null;
        }

        bool isTooOld = compilation.LanguageVersion < LanguageNeeded;
        if (isTooOld)
        {
            sink.Report(
                Descriptors.LanguageTooOld, type.Locations[0], type.Name, LanguageNeeded.ToDisplayString(), compilation.LanguageVersion.ToDisplayString());
            sink = NullSink.Instance;
        }

        HashSet<string> taken = GeneratedNames.Taken(type, sink);
        EquatableArray<MemberSpec> members = type.IsStatic ? default : MemberParser.Parse(type, sink, scope).ToEquatableArray();
        var methods = new List<MethodIr>();
        RefuseOtherMethods(type, sink);
        foreach (IMethodSymbol method in DifferentiableMethods(type))
        {
            cancellation.ThrowIfCancellationRequested();
            if (lower(method) is { } lowered)
            {
                methods.Add(isTooOld ? lowered with { Body = null } : lowered);
            }
        }

        return new ModelSpec(
            HintName(type),
            type.ContainingNamespace.IsGlobalNamespace ? null : type.ContainingNamespace.ToDisplayString(),
            Hierarchy(type),
            type.IsStatic,
            HasState: !type.IsStatic,
            isTooOld,
            taken.OrderBy(name => name, StringComparer.Ordinal).ToEquatableArray(),
            members,
            methods.ToEquatableArray());
    }

    public static IEnumerable<IMethodSymbol> DifferentiableMethods(INamedTypeSymbol type) =>
        MarkedMethods(type).Where(method => method.MethodKind is MethodKind.Ordinary or MethodKind.ExplicitInterfaceImplementation);

    private static IEnumerable<IMethodSymbol> MarkedMethods(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IMethodSymbol>().Where(method => method.Has(KnownNames.Differentiable) && !method.IsImplicitlyDeclared);

    // Accessors and operators have no name that a derivative could have.
    private static void RefuseOtherMethods(INamedTypeSymbol type, IDiagnosticSink sink)
    {
        foreach (IMethodSymbol method in MarkedMethods(type).Except(DifferentiableMethods(type), SymbolEqualityComparer.Default).OfType<IMethodSymbol>())
        {
            string what = method.AssociatedSymbol is { } property ? $"an accessor of '{property.Name}'" : $"'{method.Name}'";
            sink.Report(Descriptors.Unsupported, method.Locations[0], what, "Mark an ordinary method instead");
        }
    }

    private static bool CanExtend(INamedTypeSymbol type, IDiagnosticSink sink, CancellationToken cancellation)
    {
        if (type.ObstacleToExtension(cancellation) is not { } obstacle)
        {
            return true;
        }

        // An extension block has no name to report at.
        ISymbol named = type.IsExtension ? type.GetMembers().First(member => member.Has(KnownNames.Differentiable)) : type;
        sink.Report(
            Descriptors.NotPartial, named.Locations.FirstOrDefault() ?? Location.None, obstacle.IsPartialMissing ? Fix.Of(Fix.Partial) : Fix.None,
            named.Name, obstacle.Fault, obstacle.Instead);
        return false;
    }

    private static EquatableArray<TypeSpec> Hierarchy(INamedTypeSymbol type)
    {
        var types = new List<TypeSpec>();
        for (INamedTypeSymbol? current = type; current is not null; current = current.ContainingType)
        {
            string keyword = current switch
            {
                { IsRecord: true, TypeKind: TypeKind.Struct } => "record struct",
                { IsRecord: true } => "record",
                { TypeKind: TypeKind.Struct } => "struct",
                { TypeKind: TypeKind.Interface } => "interface",
                _ => "class",
            };
            string parameters = current.TypeParameters.Length == 0
                ? ""
                : $"<{string.Join(", ", current.TypeParameters.Select(parameter => Naming.Escape(parameter.Name)))}>";
            types.Insert(0, new TypeSpec(keyword, Naming.Escape(current.Name), parameters));
        }

        return types.ToEquatableArray();
    }

    private static string HintName(INamedTypeSymbol type)
    {
        string name = type.MetadataName;
        for (INamedTypeSymbol? outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            name = $"{outer.MetadataName}+{name}";
        }

        string prefix = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString() + ".";
        return $"{prefix}{name}{GeneratedNames.FileSuffix}".Replace("@", "");
    }
}
