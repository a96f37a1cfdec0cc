namespace Lora;

/// <summary>Exponentials of one row, shifted so that they cannot overflow.</summary>
internal static unsafe class Exponentials
{
    /// <summary>The largest element. Where one is not a number, it may be passed over: the sum of the exponentials then is none.</summary>
    public static float Largest(ReadOnlySpan<float> x)
    {
        fixed (float* from = x)
        {
            var loop = new Maximum { X = from, Largest = float.NegativeInfinity };
            Loop.Run(ref loop, 0, x.Length);
            return loop.Largest;
        }
    }

    /// <summary>The sum of exp(x − shift).</summary>
    public static double Sum(ReadOnlySpan<float> x, float shift) => Write(x, shift, default);

    /// <summary>Writes exp(x − shift), unless the result is empty, and returns the sum.</summary>
    public static double Write(ReadOnlySpan<float> x, float shift, Span<float> result)
    {
        if (!result.IsEmpty)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(result.Length, x.Length, nameof(result));
        }

        fixed (float* from = x, to = result)
        {
            var loop = new Summed { X = from, Shift = shift, Result = to };
            Loop.Run(ref loop, 0, x.Length);
            return loop.Sum;
        }
    }

    /// <summary>result = factor · exp(x − shift), where both may be one memory.</summary>
    public static void Write(ReadOnlySpan<float> x, float shift, float factor, Span<float> result) => RunScaled(x, shift, factor, result, overwrite: true);

    /// <summary>result += factor · exp(x − shift).</summary>
    public static void Add(ReadOnlySpan<float> x, float shift, float factor, Span<float> result) => RunScaled(x, shift, factor, result, overwrite: false);

    private static void RunScaled(ReadOnlySpan<float> x, float shift, float factor, Span<float> result, bool overwrite)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(result.Length, x.Length, nameof(result));
        fixed (float* from = x, to = result)
        {
            var loop = new Scaled { X = from, Shift = shift, Factor = factor, Result = to, Overwrite = overwrite };
            Loop.Run(ref loop, 0, x.Length);
        }
    }

    private struct Maximum : ILoop
    {
        public float* X;
        public float Largest;

        public void Run<TLanes, TVector>(int start, int end)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            float* x = X;
            TVector even = TLanes.Broadcast(Largest);
            TVector odd = even;
            int i = start;
            for (; i < end - TLanes.Count; i += 2 * TLanes.Count)
            {
                even = TLanes.Max(even, TLanes.Load(x + i));
                odd = TLanes.Max(odd, TLanes.Load(x + i + TLanes.Count));
            }

            if (i < end)
            {
                even = TLanes.Max(even, TLanes.Load(x + i));
            }

            Largest = TLanes.Largest(TLanes.Max(even, odd));
        }
    }

    private struct Summed : ILoop
    {
        // Partial sums of this many elements are made in float lanes and added up in double.
        private const int Block = 1024;

        public float* X;
        public float Shift;
        public float* Result;
        public double Sum;

        public void Run<TLanes, TVector>(int start, int end)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            float* x = X;
            float* result = Result;
            TVector shift = TLanes.Broadcast(Shift);
            for (int i = start; i < end;)
            {
                TVector sums = default;
                for (int blockEnd = Math.Min(end, i + Block); i < blockEnd; i += TLanes.Count)
                {
                    TVector exponential = Functions.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(x + i), shift));
                    if (result != null)
                    {
                        TLanes.Store(result + i, exponential);
                    }

                    sums = TLanes.Add(sums, exponential);
                }

                Sum += TLanes.Sum(sums);
            }
        }
    }

    private struct Scaled : ILoop
    {
        public float* X;
        public float Shift;
        public float Factor;
        public float* Result;
        public bool Overwrite;

        public readonly void Run<TLanes, TVector>(int start, int end)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            float* x = X;
            float* result = Result;
            bool overwrite = Overwrite;
            TVector shift = TLanes.Broadcast(Shift);
            TVector factor = TLanes.Broadcast(Factor);
            for (int i = start; i < end; i += TLanes.Count)
            {
                TVector exponential = Functions.Exp<TLanes, TVector>(TLanes.Subtract(TLanes.Load(x + i), shift));
                TLanes.Store(result + i, overwrite ? TLanes.Multiply(exponential, factor) : TLanes.MultiplyAdd(exponential, factor, TLanes.Load(result + i)));
            }
        }
    }
}
