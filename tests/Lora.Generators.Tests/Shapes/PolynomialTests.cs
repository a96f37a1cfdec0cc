extern alias generators;

using generators::Lora.Generators;

namespace Lora.Generators.Tests;

/// <summary>Dimensions as polynomials: one normal form, and what can be said of two of them.</summary>
public class PolynomialTests
{
    private static readonly Polynomial _dim = Polynomial.Of(new Symbol("dim"));
    private static readonly Polynomial _heads = Polynomial.Of(new Symbol("heads"));
    private static readonly Polynomial _hidden = Polynomial.Of(new Symbol("hidden"));

    [Fact]
    public void TheNormalFormIsReadable()
    {
        Times(4, _dim).ToString().ShouldBe("4 * dim");
        Polynomial.Add(_heads, _dim)!.ToString().ShouldBe("dim + heads");
        Polynomial.Subtract(_dim, Polynomial.Of(1))!.ToString().ShouldBe("dim - 1");
        Polynomial.Multiply(_heads, _dim)!.ToString().ShouldBe("dim * heads");
        Polynomial.Divide(_dim, _heads)!.ToString().ShouldBe("dim / heads");
        Times(2, Polynomial.Divide(_dim, Polynomial.Of(2))!).ToString().ShouldBe("2 * (dim / 2)");
        Polynomial.Divide(Polynomial.Add(_dim, _heads), Times(2, _heads))!.ToString().ShouldBe("(dim + heads) / (2 * heads)");
        Polynomial.Subtract(_dim, _dim)!.ToString().ShouldBe("0");
    }

    [Fact]
    public void DivisionIsExactWhereItCanBe()
    {
        Polynomial.Divide(Times(4, _dim), Polynomial.Of(2)).ShouldBe(Times(2, _dim));
        Polynomial.Divide(Polynomial.Multiply(_heads, _dim), _heads).ShouldBe(_dim);
        Polynomial.Divide(Polynomial.Of(7), Polynomial.Of(2)).ShouldBe(Polynomial.Of(3));
        Polynomial.Divide(_dim, Polynomial.Of(0)).ShouldBeNull();
        Polynomial.Multiply(Polynomial.Divide(_dim, _heads), _heads).ShouldNotBe(_dim);
    }

    [Fact]
    public void WhatOverflowsIsNotKnown()
    {
        Polynomial large = Polynomial.Of(int.MaxValue);
        Polynomial.Add(large, large).ShouldBeNull();
        Polynomial.Multiply(large, _dim).ShouldNotBeNull();
        Polynomial.Multiply(Polynomial.Multiply(large, _dim), large).ShouldBeNull();
        Polynomial.Add(null, _dim).ShouldBeNull();
        Polynomial.Multiply(_dim, null).ShouldBeNull();
    }

    [Fact]
    public void Relations()
    {
        Expect(Relation.Equal, Times(4, _dim), Polynomial.Multiply(_dim, Polynomial.Of(4))!);
        Expect(Relation.Different, Polynomial.Of(3), Polynomial.Of(4));
        Expect(Relation.Different, _dim, Times(4, _dim));
        Expect(Relation.Different, _dim, Polynomial.Add(_dim, Polynomial.Of(1))!);
        Expect(Relation.Different, _dim, Polynomial.Add(_dim, _heads)!);
        Expect(Relation.Different, Polynomial.Multiply(_dim, _heads)!, Times(3, Polynomial.Multiply(_dim, _heads)!));
        Expect(Relation.Different, _dim, Polynomial.Divide(_dim, Polynomial.Of(2))!);
        Expect(Relation.Independent, _dim, _hidden);
        Expect(Relation.Independent, Times(4, _dim), _hidden);
        Expect(Relation.Independent, _dim, Polynomial.Of(64));
        Expect(Relation.Independent, _dim, Polynomial.Divide(_dim, _heads)!);
        Expect(Relation.Independent, Times(2, _dim), Polynomial.Add(_dim, Polynomial.Of(1))!);
        Expect(Relation.Unknown, _hidden, Polynomial.Multiply(_dim, _heads)!);
        Expect(Relation.Unknown, _hidden, Polynomial.Add(_dim, _heads)!);
        Expect(Relation.Unknown, _hidden, Polynomial.Divide(_dim, _heads)!);
        Expect(Relation.Unknown, _dim, Times(2, Polynomial.Divide(_dim, Polynomial.Of(2))!));
        Expect(Relation.Unknown, _dim, Polynomial.Multiply(_heads, Polynomial.Divide(_dim, _heads))!);
    }

    [Fact]
    public void Substitution()
    {
        Polynomial value = Polynomial.Add(Times(2, Polynomial.Divide(_dim, _heads)!), Polynomial.Of(1))!;
        value.Substitute(name => Polynomial.Of(name == "dim" ? 64 : 4)).ShouldBe(Polynomial.Of(33));
        value.Substitute(name => name == "dim" ? Polynomial.Of(64) : null).ShouldBeNull();
    }

    private static Polynomial Times(int factor, Polynomial value) => Polynomial.Multiply(Polynomial.Of(factor), value)!;

    private static void Expect(Relation relation, Polynomial a, Polynomial b)
    {
        Polynomial.Relate(a, b).ShouldBe(relation, $"{a} and {b}");
        Polynomial.Relate(b, a).ShouldBe(relation, $"{b} and {a}");
    }
}
