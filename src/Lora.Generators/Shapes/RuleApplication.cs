using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>Holds the inputs of one call to its operation's <see cref="DimensionRule"/>, and gives the shape of the result.</summary>
internal sealed class RuleApplication(DimensionRule rule, CallOrigin origin, ClassScope scope, ShapeState state, Action<Mismatch> report)
{
    private readonly Dictionary<string, Dimension?> _letters = [];
    private bool _isBroken;

    public TensorDimensions Apply(Func<string, TensorDimensions?> inputOf)
    {
        var rests = new List<(TensorDimensions Shape, int Skipped)>();
        var inputs = new Dictionary<string, TensorDimensions>();
        foreach (DimensionRule.Input input in rule.Inputs)
        {
            if (inputOf(input.Name) is not { } shape)
            {
                continue;
            }

            inputs[input.Name] = shape;
            for (int i = 0; i < input.Pattern.Trailing.Length; i++)
            {
                Match(input.Pattern.Trailing[i], shape[i], i);
            }

            if (input.Pattern.HasRest)
            {
                rests.Add((shape, input.Pattern.Trailing.Length));
            }
        }

        if (rule.Axis is not null)
        {
            return Changed(inputs);
        }

        // Even where nothing comes of it, what broadcasts is checked.
        TensorDimensions rest = rests.Count == 0 ? TensorDimensions.Unknown : rests.Skip(1).Aggregate(Rest(rests[0]), (known, next) => Broadcast(known, Rest(next), rests[0].Skipped));
        return _isBroken ? TensorDimensions.Unknown : Result(rest);
    }

    private static TensorDimensions Rest((TensorDimensions Shape, int Skipped) input) =>
        new([.. input.Shape.Trailing.Skip(input.Skipped)], input.Shape.IsWhole);

    private TensorDimensions Result(TensorDimensions rest)
    {
        if (rule.Result is not { } pattern)
        {
            return TensorDimensions.Unknown;
        }

        if (pattern.Sizes is { } sizes)
        {
            return Listed(sizes);
        }

        string words = $"{Receiver} gives";
        IEnumerable<Dimension?> trailing = pattern.Trailing.Select(size => size == "_" ? null : Letter(size) ?? Size(size, words));
        return new TensorDimensions([.. trailing, .. pattern.HasRest ? rest.Trailing : []], !pattern.HasRest || rest.IsWhole);
    }

    // The sizes that are given one by one, in a params span or an array.
    private TensorDimensions Listed(string parameter)
    {
        IOperation? list = ArgumentOf(parameter);
        while (list is IConversionOperation conversion)
        {
            list = conversion.Operand;
        }

        IEnumerable<IOperation>? elements = list switch
        {
            ICollectionExpressionOperation collection => collection.Elements,
            IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues,
            _ => null,
        };
        return elements is null || elements.Any(element => element is ISpreadOperation)
            ? TensorDimensions.Unknown
            : new TensorDimensions([.. elements.Reverse().Select(element => Positive(scope.Evaluate(element)))], IsWhole: true);
    }

    private Dimension? Positive(Known? known) => known is Number number && number.Value.Constant is null or > 0 ? Dimension.Of(number, $"{Receiver} gives") : null;

    // [..] with axis = length, or = a + b
    private TensorDimensions Changed(Dictionary<string, TensorDimensions> inputs)
    {
        if (!inputs.TryGetValue(rule.Inputs[0].Name, out TensorDimensions? first)
            || scope.Evaluate(ArgumentOf(rule.Axis!)) is not Number { Value.Constant: < 0 and var axis } || -axis > first.Trailing.Length)
        {
            return TensorDimensions.Unknown;
        }

        int position = (int)-axis - 1;
        Polynomial? sum = Polynomial.Of(0);
        string? words = null;
        foreach (string term in rule.Along)
        {
            Polynomial? size = inputs.TryGetValue(term, out TensorDimensions? part) ? state.Resolve(part[position])?.Value : (scope.Evaluate(ArgumentOf(term)) as Number)?.Value;
            words = rule.Along.Length == 1 ? (scope.Evaluate(ArgumentOf(term)) as Number)?.Text : null;
            sum = Polynomial.Add(sum, size);
        }

        return new TensorDimensions(
            first.Trailing.SetItem(position, sum is null ? null : new Dimension(sum, null, words ?? sum.ToString(), $"{Receiver} gives")), first.IsWhole);
    }

    // An input's dimension against what the rule says of it.
    private void Match(string size, Dimension? actual, int fromEnd)
    {
        if (size == "_")
        {
            return;
        }

        Dimension? expected = Size(size, $"{Receiver} takes");
        bool isLetter = expected is null && char.IsLower(size[0]) && !size.Contains('.') && ArgumentOf(size) is null;
        if (isLetter && !_letters.TryGetValue(size, out expected))
        {
            _letters[size] = actual;
            return;
        }

        if (isLetter)
        {
            _letters[size] = expected ?? actual;
        }

        Unify(actual, expected, fromEnd);
    }

    private Dimension? Letter(string size) => _letters.TryGetValue(size, out Dimension? bound) ? bound : null;

    private void Unify(Dimension? actual, Dimension? expected, int fromEnd)
    {
        actual = state.Resolve(actual);
        expected = state.Resolve(expected);
        if (actual is null || expected is null || (actual.Variable is { } same && same == expected.Variable))
        {
            return;
        }

        if (actual.Variable is { } open)
        {
            state.Bind(open, Bound(actual, expected));
        }
        else if (expected.Variable is { } other)
        {
            state.Bind(other, Bound(expected, actual));
        }
        else
        {
            Compare(actual, expected, fromEnd, mayBroadcast: false);
        }
    }

    // 'x' is [.., dim] where '_up' takes it.
    private static Dimension Bound(Dimension open, Dimension by) =>
        by.Value is null || !by.Origin.EndsWith(" takes", StringComparison.Ordinal) ? by
        : by with { Origin = $"{by.Origin} {open.Origin.Substring(0, open.Origin.Length - " is".Length)} as" };

    private void Compare(Dimension left, Dimension right, int fromEnd, bool mayBroadcast)
    {
        Relation relation = Polynomial.Relate(left.Value!, right.Value!);
        if (relation is Relation.Different or Relation.Independent)
        {
            _isBroken = true;
            report(new Mismatch(origin.Operation.Syntax, left, right, fromEnd, relation, mayBroadcast));
        }
    }

    private TensorDimensions Broadcast(TensorDimensions a, TensorDimensions b, int skipped)
    {
        int count = Math.Max(a.Trailing.Length, b.Trailing.Length);
        var trailing = new Dimension?[count];
        for (int i = 0; i < count; i++)
        {
            trailing[i] = i >= a.Trailing.Length && a.IsWhole ? b[i] : i >= b.Trailing.Length && b.IsWhole ? a[i] : Broadcast(a[i], b[i], i + skipped);
        }

        return new TensorDimensions([.. trailing], a.IsWhole && b.IsWhole);
    }

    private Dimension? Broadcast(Dimension? a, Dimension? b, int fromEnd)
    {
        a = state.Resolve(a);
        b = state.Resolve(b);
        if (a?.Value is not { } left)
        {
            // What is not 1 is the result's dimension, whatever the other is.
            return b?.Value is { Constant: not 1 } ? b : a is not null && a.Variable == b?.Variable ? a : null;
        }

        if (b?.Value is not { } right)
        {
            return left.Constant != 1 ? a : null;
        }

        if (left.Constant == 1 || right.Constant == 1)
        {
            return left.Constant == 1 ? b : a;
        }

        Compare(a, b, fromEnd, mayBroadcast: true);
        return left.Equals(right) ? a : null;
    }

    // A size that is a number, an integer argument, or a property of the layer or of an argument.
    private Dimension? Size(string size, string words)
    {
        if (int.TryParse(size, out int number))
        {
            return new Dimension(Polynomial.Of(number), null, size, words);
        }

        string[] path = size.Split('.');
        Known? known = path.Length == 2 ? PropertyOf(ArgumentOf(path[0]), path[1])
            : char.IsUpper(size[0]) ? PropertyOf(origin.Receiver, size)
            : scope.Evaluate(ArgumentOf(size));
        string by = path.Length == 2 && ArgumentOf(path[0]) is { } argument ? words.Replace(Receiver, Phrase(argument.Syntax.ToString())) : words;
        return known is Number value ? Dimension.Of(value, by) : null;
    }

    private Known? PropertyOf(IOperation? owner, string property) =>
        scope.Evaluate(owner) is Instance instance ? scope.Property(instance, property, owner!.Syntax.ToString()) : null;

    private IOperation? ArgumentOf(string parameter) => origin.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == parameter).Value;

    // What is called, in the user's words.
    private string Receiver => Phrase(origin.Receiver is { } receiver ? receiver.Syntax.ToString() : origin.Operation switch
    {
        IInvocationOperation call => $"{call.TargetMethod.ContainingType.Name}.{call.TargetMethod.Name}",
        { Syntax: var syntax } => Lines.Collapse(syntax.ToString()),
    });

    private string Phrase(string text) => scope.Label is { } label ? $"'{text}' of {label}" : $"'{text}'";
}
