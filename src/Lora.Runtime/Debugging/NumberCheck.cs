using System.Globalization;

namespace Lora;

/// <summary>
/// Finds the first result or gradient that is not finite. A workspace tells it what an operation is about to write, cleared before, and asks it on
/// every later occasion: what is not written yet is finite, so that the first fault found is the first there was.
/// </summary>
internal sealed class NumberCheck
{
    // An operation takes its result and then what it saves; when a third tensor is taken, it has run.
    private const int OccasionsUntilWritten = 2;

    private readonly List<Watched> _watched = [];

    /// <summary>Watches what an operation of the calling generated line writes.</summary>
    public void Watch(Tensor tensor, bool isGradient)
    {
        Forget(tensor);
        _watched.Add(new Watched(tensor, isGradient, SourceOrigin.OfCaller()));
    }

    /// <summary>Watches a tensor no more: its memory is another's from now on.</summary>
    public void Forget(Tensor tensor) => _watched.RemoveAll(watched => ReferenceEquals(watched.Tensor, tensor));

    public void Clear() => _watched.Clear();

    /// <summary>Looks at everything that is watched.</summary>
    public void Verify()
    {
        foreach (Watched watched in _watched)
        {
            Verify(watched);
            watched.Occasions++;
        }

        _watched.RemoveAll(watched => watched.Occasions > OccasionsUntilWritten);
    }

    /// <summary>Looks at everything, all of which is written.</summary>
    public void VerifyWritten()
    {
        Verify();
        Clear();
    }

    /// <summary>Refuses numbers that did not come from an operation.</summary>
    public static void Verify(string what, ReadOnlySpan<float> values, TensorShape shape)
    {
        if (Find(values, mayBeInfinite: false) is { } fault)
        {
            var origin = SourceOrigin.OfCaller();
            throw new NonFiniteNumberException($"{what} holds {fault.Describe(shape)}.", origin with { Operation = null, Statement = null });
        }
    }

    private static void Verify(Watched watched)
    {
        // Masks are infinite on purpose, and so may be what an operation keeps beside its result: no gradient flows to either.
        bool mayBeInfinite = !watched.IsGradient && !watched.Tensor.NeedsGradient;
        if (Find(watched.Tensor.Span, mayBeInfinite) is not { } fault)
        {
            return;
        }

        string operation = watched.Origin.Operation ?? "An operation (which one, a PDB beside the program would tell)";
        string what = watched.IsGradient ? $"The backward pass of {operation}" : operation;
        throw new NonFiniteNumberException($"{what} gave {fault.Describe(watched.Tensor.FullShape)} {watched.Origin}.", watched.Origin);
    }

    private static Fault? Find(ReadOnlySpan<float> values, bool mayBeInfinite)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (mayBeInfinite ? float.IsNaN(values[i]) : !float.IsFinite(values[i]))
            {
                return new Fault(values[i], i);
            }
        }

        return null;
    }

    private readonly record struct Fault(float Value, int Index)
    {
        public string Describe(TensorShape shape)
        {
            int[] indices = new int[shape.Rank];
            int rest = Index;
            for (int i = shape.Rank - 1; i >= 0; i--)
            {
                (rest, indices[i]) = Math.DivRem(rest, shape[i]);
            }

            string value = float.IsNaN(Value) ? "NaN" : Value > 0 ? "+∞" : "-∞";
            return string.Create(CultureInfo.InvariantCulture, $"{value} at [{string.Join(", ", indices)}] of {shape}");
        }
    }

    private sealed class Watched(Tensor tensor, bool isGradient, SourceOrigin origin)
    {
        public Tensor Tensor { get; } = tensor;

        public bool IsGradient { get; } = isGradient;

        public SourceOrigin Origin { get; } = origin;

        public int Occasions { get; set; }
    }
}
