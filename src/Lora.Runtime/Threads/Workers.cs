using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lora;

/// <summary>
/// The threads beside the calling one. A dispatch allocates nothing: the work is a struct on the caller's stack, whose parts caller and workers take one after
/// another until none is left. Between two dispatches a worker spins for a short while, and then blocks.
/// </summary>
/// <remarks>
/// Each thread begins with a stretch of its own, so that neighbouring parts, and the same parts of the next dispatch, find what they read in the caches of one
/// processor; then it helps with the stretches of others.
///
/// The caller never waits for a worker that has not begun: it closes the work when no part is left, and then waits only for the parts that others are computing.
/// A worker that the system keeps from running so costs nothing. Dispatches from several threads, or from within a part, do not wait for each other: the second
/// computes its parts itself.
/// </remarks>
internal static unsafe class Workers
{
    /// <summary>The arithmetic, in floating-point operations, below which waking others costs more than they bring.</summary>
    private const double LeastWork = 150_000;

    // A part lasts some microseconds, about as long as the system takes to give the processor away and back.
    private const int SpinsBeforeYield = 500;

    private const long Open = 1L << 31;
    private const long Epoch = 1L << 32;
    private const long Active = Open - 1;

    private static readonly object _gate = new();
    private static readonly long _spinTicks = Stopwatch.Frequency / 5_000; // 0.2 ms: longer than what lies between the products of a step.

    private static int _started;
    private static int _isBusy;
    private static int _sleeping;

    // What is computed now: written before the state opens.
    private static void* _job;
    private static delegate*<void*, int, void> _run;
    private static int _parts;
    private static int _threads;
    private static readonly Stretch[] _stretches = new Stretch[LoraThreads.Most];
    private static Counters _counters;

    /// <summary>Computes every part.</summary>
    /// <param name="job">The work: a local of the caller, which the threads read where it lies.</param>
    /// <param name="parts">The number of its parts.</param>
    /// <param name="work">About how many floating-point operations it takes.</param>
    public static void Run<TJob>(ref TJob job, int parts, double work)
        where TJob : struct, IParts
    {
        int threads = Math.Min(LoraThreads.Count, parts);
        if (threads <= 1 || work < LeastWork || Interlocked.CompareExchange(ref _isBusy, 1, 0) != 0)
        {
            for (int part = 0; part < parts; part++)
            {
                job.Run(part);
            }

            return;
        }

        try
        {
            Start(threads - 1);
            _job = Unsafe.AsPointer(ref job);
            _run = &RunPart<TJob>;
            _parts = parts;
            _threads = threads;
            for (int thread = 0; thread < threads; thread++)
            {
                _stretches[thread].Next = Begin(thread);
            }

            _stretches[0].Next = 1; // The first part is the caller's: it has what parts need from its first dispatch on, and allocates nothing later.

            Interlocked.Exchange(ref _counters.State, ((_counters.State + Epoch) & ~(Epoch - 1)) | Open);
            if (Volatile.Read(ref _sleeping) > 0)
            {
                lock (_gate)
                {
                    Monitor.PulseAll(_gate);
                }
            }

            job.Run(0);
            TakeParts(0);
            Close();
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    /// <summary>How many parts to cut units of work into: some more than threads, so that a thread that is held up does not hold up the others.</summary>
    public static int Parts(int units) => LoraThreads.Count == 1 ? 1 : Math.Min(units, 4 * LoraThreads.Count);

    /// <summary>The first of the parts, of so many, that the thread which runs one of them is likely to run.</summary>
    public static int FirstOfStretch(int part, int parts)
    {
        int threads = LoraThreads.Count;
        long thread = (((part + 1L) * threads) - 1) / parts;
        return (int)(parts * thread / threads);
    }

    private static void RunPart<TJob>(void* job, int part)
        where TJob : struct, IParts => Unsafe.AsRef<TJob>(job).Run(part);

    private static void TakeParts(int thread)
    {
        for (int i = 0; i < _threads; i++)
        {
            int stretch = (thread + i) % _threads;
            int end = Begin(stretch + 1);
            ref int next = ref _stretches[stretch].Next;
            int part;
            while (Volatile.Read(ref next) < end && (part = Interlocked.Increment(ref next) - 1) < end)
            {
                _run(_job, part);
            }
        }
    }

    // Where the stretch of a thread begins, and that of the one before it ends.
    private static int Begin(int thread) => (int)((long)_parts * thread / _threads);

    // No worker may begin any more; those that have begun finish their part.
    private static void Close()
    {
        Interlocked.And(ref _counters.State, ~Open);
        var wait = default(SpinWait);
        for (int spins = 0; (Volatile.Read(ref _counters.State) & Active) != 0; spins++)
        {
            if (spins < SpinsBeforeYield)
            {
                Thread.SpinWait(1);
            }
            else
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    private static void Start(int workers)
    {
        while (_started < workers)
        {
            _started++;
            new Thread(Work) { IsBackground = true, Name = $"Lora {_started}" }.Start(_started);
        }
    }

    private static void Work(object? number)
    {
        int index = (int)number!;
        Scratch.BelongsTo(index);
        long seen = 0;
        while (true)
        {
            seen = WaitBeyond(seen);
            if (index < LoraThreads.Count && Enter())
            {
                TakeParts(index);
                Interlocked.Decrement(ref _counters.State);
            }
        }
    }

    private static bool Enter()
    {
        while (true)
        {
            long state = Volatile.Read(ref _counters.State);
            if ((state & Open) == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _counters.State, state + 1, state) == state)
            {
                return true;
            }
        }
    }

    // Returns the epoch that came after the one that was seen.
    private static long WaitBeyond(long seen)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < _spinTicks)
        {
            for (int i = 0; i < 16; i++)
            {
                long epoch = Volatile.Read(ref _counters.State) / Epoch;
                if (epoch != seen)
                {
                    return epoch;
                }

                Thread.SpinWait(1);
            }
        }

        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping);
            long epoch;
            while ((epoch = Volatile.Read(ref _counters.State) / Epoch) == seen)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleeping);
            return epoch;
        }
    }

    // On cache lines of its own.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counters
    {
        /// <summary>The number of the dispatch, whether workers may begin, and how many are at work.</summary>
        [FieldOffset(128)]
        public long State;
    }

    // The same.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stretch
    {
        /// <summary>The next part of the stretch that nobody has taken.</summary>
        [FieldOffset(64)]
        public int Next;
    }
}
