using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>What is known at build time of an expression's value.</summary>
internal abstract record Known
{
    /// <summary>What both ways to a value agree on.</summary>
    public static Known? Join(Known? a, Known? b) => (a, b) switch
    {
        (Number left, Number right) when left.Value.Equals(right.Value) => left,
        (Handle left, Handle right) when left.Path == right.Path => left,
        (Instance left, Instance right) => Instance.Join(left, right),
        _ => null,
    };
}

/// <summary>An integer, and the user's own words for it where it was written in the class that is checked.</summary>
internal sealed record Number(Polynomial Value, string? Words = null) : Known
{
    public string Text => Words is null || Words == Value.ToString() ? Value.ToString() : Value.Constant is null ? Words : $"{Value} ({Words})";
}

/// <summary>An object that cannot be looked into, but is always the same one: <c>config</c>.</summary>
internal sealed record Handle(string Path) : Known;

/// <summary>An object that was made with known arguments, by the names of the constructor's parameters.</summary>
internal sealed record Instance(IMethodSymbol Constructor, ImmutableDictionary<string, Known> Arguments, SyntaxNode Syntax) : Known
{
    public INamedTypeSymbol Type => Constructor.ContainingType;

    /// <summary>The argument that a property shows: <c>InFeatures</c> is <c>inFeatures</c>.</summary>
    public Known? Argument(string property) =>
        Arguments.TryGetValue(char.ToLowerInvariant(property[0]) + property.Substring(1), out Known? camel) ? camel
        : Arguments.TryGetValue(property, out Known? same) ? same
        : null;

    public static Instance? Join(Instance a, Instance b)
    {
        if (!SymbolEqualityComparer.Default.Equals(a.Constructor, b.Constructor))
        {
            return null;
        }

        ImmutableDictionary<string, Known> common = ImmutableDictionary<string, Known>.Empty;
        foreach (KeyValuePair<string, Known> argument in a.Arguments)
        {
            if (b.Arguments.TryGetValue(argument.Key, out Known? other) && Join(argument.Value, other) is { } same)
            {
                common = common.Add(argument.Key, same);
            }
        }

        return a with { Arguments = common };
    }
}
