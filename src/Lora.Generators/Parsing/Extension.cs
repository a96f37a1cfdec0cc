using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>Why no code can be added to a type.</summary>
internal sealed record Obstacle(string Fault, string Instead, bool IsPartialMissing = false);

/// <summary>Whether code can be added to a type.</summary>
internal static class Extension
{
    /// <summary>Whether a model has what is generated for it: one of another assembly was built with it.</summary>
    public static bool CanBeExtended(this ITypeSymbol type) =>
        type is not INamedTypeSymbol { OriginalDefinition: var definition }
        || definition.DeclaringSyntaxReferences.IsEmpty
        || !definition.DeclaresModel()
        || definition.ObstacleToExtension(CancellationToken.None) is null;

    public static Obstacle? ObstacleToExtension(this INamedTypeSymbol type, CancellationToken cancellation)
    {
        if (type.IsExtension)
        {
            return new Obstacle("it stands in an extension block", "Write an extension method, whose first parameter is marked 'this'");
        }

        if (type.TypeKind != TypeKind.Class)
        {
            return new Obstacle($"it is {(type.TypeKind == TypeKind.Interface ? "an interface" : "a struct")}", "Write a partial class or record");
        }

        if (type.BaseType.IsModel())
        {
            return new Obstacle($"its base '{type.BaseType!.Name}' is a model itself", "Keep the base as a field: a model is composed of models");
        }

        if (Around(type, current => !IsPartial(current, cancellation)) is { } plain)
        {
            return new Obstacle(SymbolEqualityComparer.Default.Equals(plain, type) ? "it is not partial" : $"'{plain.Name}' around it is not partial", "Add 'partial'", IsPartialMissing: true);
        }

        return Around(type, current => current.IsFileLocal) is { } local
            ? new Obstacle(SymbolEqualityComparer.Default.Equals(local, type) ? "it is local to its file" : $"'{local.Name}' around it is local to its file", "Remove 'file'")
            : null;
    }

    // The type itself, or the innermost one around it, that is so.
    private static INamedTypeSymbol? Around(INamedTypeSymbol type, Func<INamedTypeSymbol, bool> isSo)
    {
        INamedTypeSymbol? current = type;
        while (current is not null && !isSo(current))
        {
            current = current.ContainingType;
        }

        return current;
    }

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellation) => type.DeclaringSyntaxReferences.Any(reference =>
        reference.GetSyntax(cancellation) is TypeDeclarationSyntax declaration && declaration.Modifiers.Any(SyntaxKind.PartialKeyword));
}
