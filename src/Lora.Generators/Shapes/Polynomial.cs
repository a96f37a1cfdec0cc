using System.Collections.Immutable;
using System.Globalization;

namespace Lora.Generators;

/// <summary>How two dimensions stand to each other.</summary>
internal enum Relation
{
    Equal,

    /// <summary>They differ whatever the symbols stand for.</summary>
    Different,

    /// <summary>They are equal for some values of independent symbols alone: nothing in them says that they are equal.</summary>
    Independent,

    /// <summary>One may be the other, written differently.</summary>
    Unknown,
}

/// <summary>A name that stands for a positive integer, or a quotient that has no other form.</summary>
internal sealed record Symbol(string Name, Polynomial? Numerator = null, Polynomial? Denominator = null)
{
    public bool IsQuotient => Numerator is not null;

    public bool Equals(Symbol? other) => other is not null && Name == other.Name;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}

/// <summary>An integer polynomial over <see cref="Symbol"/>s in normal form, so that <c>dim * 4</c> equals <c>4 * dim</c>. Null stands for what is not known.</summary>
internal sealed class Polynomial : IEquatable<Polynomial>
{
    private readonly ImmutableSortedDictionary<string, Term> _terms;

    private Polynomial(ImmutableSortedDictionary<string, Term> terms) => _terms = terms;

    /// <summary>The value where there is no symbol in it.</summary>
    public long? Constant => _terms.Count == 0 ? 0 : _terms.Count == 1 && _terms.TryGetValue("", out Term term) ? term.Coefficient : null;

    public IEnumerable<Symbol> Symbols => _terms.Values.SelectMany(term => term.Symbols).Distinct();

    public static Polynomial Of(long value) => new(value == 0 ? Empty : Empty.Add("", new Term([], value)));

    public static Polynomial Of(Symbol symbol) => new(Empty.Add(symbol.Name, new Term([symbol], 1)));

    private static ImmutableSortedDictionary<string, Term> Empty { get; } = ImmutableSortedDictionary.Create<string, Term>(StringComparer.Ordinal);

    public static Polynomial? Add(Polynomial? a, Polynomial? b) => Combine(a, b, 1);

    public static Polynomial? Subtract(Polynomial? a, Polynomial? b) => Combine(a, b, -1);

    public static Polynomial? Multiply(Polynomial? a, Polynomial? b)
    {
        if (a is null || b is null)
        {
            return null;
        }

        Polynomial? product = Of(0);
        foreach (Term left in a._terms.Values)
        {
            foreach (Term right in b._terms.Values)
            {
                product = Add(product, Term.Product(left, right) is { } term ? Of(term) : null);
            }
        }

        return product;
    }

    /// <summary>The integer quotient: exact where every term divides, otherwise a symbol of its own.</summary>
    public static Polynomial? Divide(Polynomial? a, Polynomial? b)
    {
        if (a is null || b is null || b.Constant == 0)
        {
            return null;
        }

        if (a.Constant is { } dividend && b.Constant is { } divisor)
        {
            return Of(dividend / divisor);
        }

        if (b._terms.Count == 1)
        {
            Term by = b._terms.Values.First();
            Polynomial? quotient = Of(0);
            foreach (Term term in a._terms.Values)
            {
                quotient = Add(quotient, Term.Quotient(term, by) is { } exact ? Of(exact) : null);
            }

            if (quotient is not null)
            {
                return quotient;
            }
        }

        return Of(new Symbol($"{a.InParentheses(isFactor: true)} / {b.InParentheses(isFactor: false)}", a, b));
    }

    public static Relation Relate(Polynomial a, Polynomial b)
    {
        if (a.Equals(b))
        {
            return Relation.Equal;
        }

        if (Subtract(a, b) is not { } difference)
        {
            return Relation.Unknown;
        }

        // Symbols are positive, so what has terms of one sign alone is never zero.
        if (difference._terms.Values.All(term => term.Coefficient > 0) || difference._terms.Values.All(term => term.Coefficient < 0))
        {
            return Relation.Different;
        }

        if ((a.DivisorOf(b) ?? b.DivisorOf(a)) is { } divisor)
        {
            return divisor.Constant is null ? Relation.Independent : Relation.Different;
        }

        return a.IsSimple && b.IsSimple ? Relation.Independent : Relation.Unknown;
    }

    /// <summary>The polynomial with values for its symbols; null where one has none.</summary>
    public Polynomial? Substitute(Func<string, Polynomial?> valueOf)
    {
        Polynomial? sum = Of(0);
        foreach (Term term in _terms.Values)
        {
            Polynomial? product = Of(term.Coefficient);
            foreach (Symbol symbol in term.Symbols)
            {
                product = Multiply(product, symbol.IsQuotient
                    ? Divide(symbol.Numerator!.Substitute(valueOf), symbol.Denominator!.Substitute(valueOf))
                    : valueOf(symbol.Name));
            }

            sum = Add(sum, product);
        }

        return sum;
    }

    public bool Equals(Polynomial? other) =>
        other is not null && _terms.Count == other._terms.Count
        && _terms.All(pair => other._terms.TryGetValue(pair.Key, out Term term) && term.Coefficient == pair.Value.Coefficient);

    public override bool Equals(object? obj) => Equals(obj as Polynomial);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    public override string ToString()
    {
        if (_terms.Count == 0)
        {
            return "0";
        }

        // Symbols first: dim + 1.
        string text = string.Join(" + ", _terms.Values.OrderBy(term => term.Symbols.Length == 0));
        return text.Replace("+ -", "- ");
    }

    // One symbol at most, times a constant, plus a constant: nothing that could be another name for something else.
    private bool IsSimple => Symbols.Count() <= 1 && _terms.Values.All(term => term.Symbols.Length <= 1 && !term.Symbols.Any(symbol => symbol.IsQuotient));

    // The divisor, where this is dividend / divisor.
    private Polynomial? DivisorOf(Polynomial dividend) =>
        _terms.Count == 1 && _terms.Values.First() is { Coefficient: 1, Symbols: [{ IsQuotient: true } quotient] } && quotient.Numerator!.Equals(dividend) ? quotient.Denominator : null;

    private static Polynomial? Combine(Polynomial? a, Polynomial? b, int sign)
    {
        if (a is null || b is null)
        {
            return null;
        }

        ImmutableSortedDictionary<string, Term> terms = a._terms;
        foreach (KeyValuePair<string, Term> pair in b._terms)
        {
            long own = terms.TryGetValue(pair.Key, out Term term) ? term.Coefficient : 0;
            long sum = own + (sign * pair.Value.Coefficient);
            if (Math.Abs(sum) > int.MaxValue)
            {
                return null;
            }

            terms = sum == 0 ? terms.Remove(pair.Key) : terms.SetItem(pair.Key, new Term(pair.Value.Symbols, sum));
        }

        return new Polynomial(terms);
    }

    private static Polynomial Of(Term term) => new(Empty.Add(term.Key, term));

    private string InParentheses(bool isFactor)
    {
        bool isSingle = _terms.Count == 1 && _terms.Values.First() is var term && (isFactor || (term.Symbols.Length == 0 || (term.Coefficient == 1 && term.Symbols.Length == 1)))
            && !term.Symbols.Any(symbol => symbol.IsQuotient);
        return isSingle ? ToString() : $"({this})";
    }

    private readonly record struct Term(ImmutableArray<Symbol> Symbols, long Coefficient)
    {
        public string Key => string.Join(" * ", Symbols.Select(symbol => symbol.Name));

        public static Term? Product(Term a, Term b)
        {
            long coefficient = a.Coefficient * b.Coefficient;
            return Math.Abs(coefficient) > int.MaxValue || a.Symbols.Length + b.Symbols.Length > 8
                ? null
                : new Term([.. a.Symbols.Concat(b.Symbols).OrderBy(symbol => symbol.Name, StringComparer.Ordinal)], coefficient);
        }

        public static Term? Quotient(Term a, Term b)
        {
            if (a.Coefficient % b.Coefficient != 0)
            {
                return null;
            }

            List<Symbol> left = [.. a.Symbols];
            return b.Symbols.All(left.Remove) ? new Term([.. left], a.Coefficient / b.Coefficient) : null;
        }

        public override string ToString()
        {
            bool isProduct = Coefficient != 1 || Symbols.Length > 1;
            string symbols = string.Join(" * ", Symbols.Select(symbol => symbol.IsQuotient && isProduct ? $"({symbol.Name})" : symbol.Name));
            string number = Coefficient.ToString(CultureInfo.InvariantCulture);
            return symbols.Length == 0 ? number : Coefficient == 1 ? symbols : Coefficient == -1 ? "-" + symbols : $"{number} * {symbols}";
        }
    }
}
