using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>Reads a model class: its layers and submodels, and the bodies of its differentiable methods.</summary>
internal static class ModelParser
{
    /// <summary>Reads a class; null where no code can be added to it.</summary>
    public static ModelSpec? Parse(INamedTypeSymbol type, Compilation compilation, IDiagnosticSink sink, CancellationToken cancellation)
    {
        if (!CanExtend(type, sink, cancellation))
        {
            return null;
        }

        EquatableArray<MemberSpec>? members = type.IsStatic ? MemberParser.HasTakenNames(type, sink) ? null : default(EquatableArray<MemberSpec>) : MemberParser.Parse(type, sink);
        var methods = new List<MethodIr>();
        foreach (IMethodSymbol method in DifferentiableMethods(type))
        {
            cancellation.ThrowIfCancellationRequested();
            IMethodSymbol body = method.PartialImplementationPart ?? method;
            if (body.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) is { } declaration)
            {
#pragma warning disable RS1030 // The parts of a class may stand in several files; each body is read once, with its own file's model.
                methods.Add(BodyLowering.Lower(compilation.GetSemanticModel(declaration.SyntaxTree), body, declaration, sink, cancellation));
#pragma warning restore RS1030
            }
        }

        return members is not { } read ? null : new ModelSpec(
            HintName(type),
            type.ContainingNamespace.IsGlobalNamespace ? null : type.ContainingNamespace.ToDisplayString(),
            Hierarchy(type),
            type.IsStatic,
            HasState: !type.IsStatic,
            read,
            methods.ToEquatableArray());
    }

    public static IEnumerable<IMethodSymbol> DifferentiableMethods(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IMethodSymbol>().Where(method => method.Has(KnownNames.Differentiable));

    private static bool CanExtend(INamedTypeSymbol type, IDiagnosticSink sink, CancellationToken cancellation)
    {
        (string Fault, string Instead)? fault = null;
        if (type.TypeKind != TypeKind.Class)
        {
            fault = ($"it is {(type.TypeKind == TypeKind.Interface ? "an interface" : "a struct")}", "Write a partial class or record");
        }
        else if (type.BaseType.IsModel())
        {
            fault = ($"its base '{type.BaseType!.Name}' is a model itself", "Keep the base as a field: a model is composed of models");
        }
        else if (NotPartial(type, cancellation) is { } plain)
        {
            fault = (plain.Equals(type, SymbolEqualityComparer.Default) ? "it is not partial" : $"'{plain.Name}' around it is not partial", "Add 'partial'");
        }
        else if (FileLocal(type) is { } local)
        {
            fault = (local.Equals(type, SymbolEqualityComparer.Default) ? "it is local to its file" : $"'{local.Name}' around it is local to its file", "Remove 'file'");
        }

        if (fault is { } found)
        {
            sink.Report(Descriptors.NotPartial, type.Locations.FirstOrDefault() ?? Location.None, type.Name, found.Fault, found.Instead);
        }

        return fault is null;
    }

    private static INamedTypeSymbol? NotPartial(INamedTypeSymbol type, CancellationToken cancellation)
    {
        for (INamedTypeSymbol? current = type; current is not null; current = current.ContainingType)
        {
            if (!current.DeclaringSyntaxReferences.Any(reference =>
                reference.GetSyntax(cancellation) is TypeDeclarationSyntax declaration && declaration.Modifiers.Any(SyntaxKind.PartialKeyword)))
            {
                return current;
            }
        }

        return null;
    }

    private static INamedTypeSymbol? FileLocal(INamedTypeSymbol type)
    {
        INamedTypeSymbol? current = type;
        while (current is { IsFileLocal: false })
        {
            current = current.ContainingType;
        }

        return current;
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
        return $"{prefix}{name}.Lora.g.cs".Replace("@", "");
    }
}
