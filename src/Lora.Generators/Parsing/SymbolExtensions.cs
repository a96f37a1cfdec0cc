using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

internal static class SymbolExtensions
{
    private static readonly SymbolDisplayFormat _typeFormat = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    // A type is named many times in each body.
    private static readonly ConditionalWeakTable<ITypeSymbol, string> _sources = new();
    private static readonly ConditionalWeakTable<ITypeSymbol, string> _sourcesNotNull = new();

    /// <summary>The type as generated code names it.</summary>
    public static string ToSource(this ITypeSymbol type) => _sources.GetValue(type, static asked => asked.ToDisplayString(_typeFormat));

    /// <summary>The type as generated code names it, without a nullable annotation.</summary>
    public static string ToSourceNotNull(this ITypeSymbol type) =>
        _sourcesNotNull.GetValue(type, static asked => asked.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat));

    public static bool Is(this ITypeSymbol? type, string metadataName)
    {
        if (type is not INamedTypeSymbol { TypeParameters.Length: 0, ContainingType: null } named)
        {
            return false;
        }

        // Asked of every symbol that is met, so that no text is made for it.
        int end = metadataName.Length;
        int start = metadataName.LastIndexOf('.') + 1;
        if (!IsPart(named.Name))
        {
            return false;
        }

        INamespaceSymbol? space = named.ContainingNamespace;
        while (start > 0)
        {
            end = start - 1;
            start = metadataName.LastIndexOf('.', end - 1) + 1;
            if (space is null or { IsGlobalNamespace: true } || !IsPart(space.Name))
            {
                return false;
            }

            space = space.ContainingNamespace;
        }

        return space is null or { IsGlobalNamespace: true };

        bool IsPart(string part) => part.Length == end - start && string.CompareOrdinal(metadataName, start, part, 0, part.Length) == 0;
    }

    public static bool IsTensor(this ITypeSymbol? type) => type.Is(KnownNames.Tensor);

    public static bool IsFloat(this ITypeSymbol? type) => type?.SpecialType == SpecialType.System_Single;

    public static bool IsReadOnlySpanOfInt(this ITypeSymbol? type) =>
        type is INamedTypeSymbol { Name: "ReadOnlySpan", TypeArguments.Length: 1 } span
        && span.ContainingNamespace.ToDisplayString() == "System"
        && span.TypeArguments[0].SpecialType == SpecialType.System_Int32;

    public static AttributeData? Attribute(this ISymbol symbol, string metadataName)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass.Is(metadataName))
            {
                return attribute;
            }
        }

        return null;
    }

    public static bool Has(this ISymbol symbol, string metadataName) => symbol.Attribute(metadataName) is not null;

    /// <summary>Whether a member is this generator's own: analyzers see what was generated.</summary>
    public static bool IsGenerated(this ISymbol symbol) =>
        symbol.Attribute(KnownNames.GeneratedCode) is { ConstructorArguments.Length: 2 } attribute
        && attribute.ConstructorArguments[0].Value is KnownNames.Tool;

    /// <summary>Whether a file is this generator's own.</summary>
    public static bool IsGenerated(this SyntaxTree tree) => tree.FilePath.EndsWith(GeneratedNames.FileSuffix, StringComparison.Ordinal);

    /// <summary>The strings of a named argument that is an array.</summary>
    public static IEnumerable<string> Strings(this AttributeData attribute, string name) =>
        attribute.NamedArguments.Where(argument => argument.Key == name && argument.Value is { Kind: TypedConstantKind.Array, IsNull: false })
            .SelectMany(argument => argument.Value.Values)
            .Select(value => value.Value as string ?? "");

    public static object? Argument(this AttributeData attribute, string name)
    {
        foreach (KeyValuePair<string, TypedConstant> argument in attribute.NamedArguments)
        {
            if (argument.Key == name)
            {
                return argument.Value.Value;
            }
        }

        return null;
    }

    public static bool DerivesFrom(this ITypeSymbol? type, string metadataName)
    {
        if (type is ITypeParameterSymbol parameter)
        {
            return parameter.ConstraintTypes.Any(constraint => constraint.DerivesFrom(metadataName));
        }

        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            if (current.Is(metadataName))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether layers of a type can carry an adapter.</summary>
    public static bool IsAdaptable(this ITypeSymbol type) => type.Is(KnownNames.Linear) || type.Is(KnownNames.Embedding);

    public static bool IsLayer(this ITypeSymbol? type) => type.DerivesFrom(KnownNames.Layer);

    /// <summary>Whether a type is a model: by what it declares, or, in another assembly, by what was generated for it.</summary>
    public static bool IsModel(this ITypeSymbol? type)
    {
        switch (type)
        {
            case ITypeParameterSymbol parameter:
                return parameter.ConstraintTypes.Any(IsModel);
            case INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Interface } named:
                if (named.Is(KnownNames.Model) || named.AllInterfaces.Any(contract => contract.Is(KnownNames.Model)))
                {
                    return true;
                }

                return !named.IsStatic && named.OriginalDefinition.DeclaresModel();
            default:
                return false;
        }
    }

    /// <summary>Whether a type declares what makes it a model.</summary>
    public static bool DeclaresModel(this INamedTypeSymbol type)
    {
        foreach (ISymbol member in type.GetMembers())
        {
            if (member is IFieldSymbol or IPropertySymbol ? member.Has(KnownNames.Lora) : member is IMethodSymbol { IsImplicitlyDeclared: false } && member.Has(KnownNames.Differentiable))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether code anywhere in the assembly can name a type.</summary>
    public static bool IsVisibleInAssembly(this ITypeSymbol type)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                return array.ElementType.IsVisibleInAssembly();
            case INamedTypeSymbol named:
                bool isVisible = named.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal or Accessibility.NotApplicable;
                return isVisible && named.TypeArguments.All(IsVisibleInAssembly) && (named.ContainingType?.IsVisibleInAssembly() ?? true);
            default:
                return true;
        }
    }

    /// <summary>The type of the items of an array, list or other sequence; null for anything else.</summary>
    public static ITypeSymbol? SequenceItem(this ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol { Rank: 1 } array)
        {
            return array.ElementType;
        }

        if (type is not INamedTypeSymbol named || named.SpecialType == SpecialType.System_String)
        {
            return null;
        }

        return named.AllInterfaces.Prepend(named)
            .FirstOrDefault(contract => contract.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T)?.TypeArguments[0];
    }

    /// <summary>The layer or model that a member of a type holds, as itself or in an array or list, or in arrays of arrays; null for anything else.</summary>
    public static ITypeSymbol? LayerOrModel(this ITypeSymbol type)
    {
        ITypeSymbol? current = type;
        for (int depth = 0; depth <= 2 && current is not null; depth++)
        {
            if (current.IsLayer() || current.IsModel())
            {
                return current;
            }

            // A sequence of structs is no sequence of what they implement.
            current = depth == 1 && current.IsValueType ? null : current.SequenceItem();
        }

        return null;
    }

    /// <summary>The name of the class that holds what a differentiable method saves; overloads are told apart by their parameter types.</summary>
    public static string SavedTypeName(this IMethodSymbol method)
    {
        IMethodSymbol definition = method.OriginalDefinition;
        bool isOverloaded = definition.ContainingType.GetMembers(definition.Name)
            .Count(member => member is IMethodSymbol && member.Has(KnownNames.Differentiable)) > 1;
        string suffix = isOverloaded ? string.Concat(definition.Parameters.Select(parameter => Identifier(parameter.Type))) : "";
        return $"{definition.PlainName()}{suffix}Activations";
    }

    /// <summary>The name of a method without the interface that it implements explicitly.</summary>
    public static string PlainName(this IMethodSymbol method) => method.Name.Substring(method.Name.LastIndexOf('.') + 1);

    private static string Identifier(ITypeSymbol type)
    {
        string text = type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat).Replace("[]", "Array");
        if (type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T)
        {
            text = "Nullable" + Naming.Capitalize(text);
        }

        return string.Concat(text.Split([.. text.Where(letter => !char.IsLetterOrDigit(letter))], StringSplitOptions.RemoveEmptyEntries).Select(Naming.Capitalize));
    }
}
