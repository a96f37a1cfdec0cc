namespace Lora.Tests.Threads;

[Collection(nameof(ThreadCounts))]
public class WorkersTests
{
    private const double MuchWork = 1e9;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_part_is_computed_once(int threads)
    {
        int[] counts = ThreadCounts.Run(threads, () =>
        {
            int[] done = new int[300];
            for (int round = 0; round < 200; round++)
            {
                Run(done, 1 + round);
            }

            return done;
        });
        for (int part = 0; part < counts.Length; part++)
        {
            counts[part].ShouldBe(Math.Max(0, 200 - part), $"part {part}");
        }
    }

    [Fact]
    public void Dispatches_from_several_threads_and_from_within_parts_are_all_computed()
    {
        int[][] counts = ThreadCounts.Run(3, () =>
        {
            int[][] done = [.. Enumerable.Range(0, 4).Select(_ => new int[64])];
            Thread[] callers = [.. done.Select(own => new Thread(() =>
            {
                for (int round = 0; round < 100; round++)
                {
                    Nest(own);
                }
            }))];
            Array.ForEach(callers, caller => caller.Start());
            Array.ForEach(callers, caller => caller.Join());
            return done;
        });
        counts.ShouldAllBe(own => own.All(count => count == 800));
    }

    [Fact]
    public void A_worker_that_sleeps_is_woken()
    {
        int[] counts = ThreadCounts.Run(2, () =>
        {
            int[] done = new int[8];
            for (int round = 0; round < 5; round++)
            {
                Thread.Sleep(20);
                Run(done, done.Length);
            }

            return done;
        });
        counts.ShouldAllBe(count => count == 5);
    }

    [Fact]
    public void A_dispatch_allocates_nothing() => ThreadCounts.Run(2, () =>
    {
        int[] done = new int[16];
        Run(done, done.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
        {
            Run(done, done.Length);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        return true;
    });

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("3", 3)]
    public void The_variable_sets_the_number_of_threads(string? variable, int expected) =>
        LoraThreads.Initial(variable).ShouldBe(expected == 0 ? Environment.ProcessorCount : expected);

    [Theory]
    [InlineData("0")]
    [InlineData("two")]
    [InlineData("1000")]
    public void A_variable_that_is_no_number_of_threads_is_refused(string variable) =>
        Should.Throw<InvalidOperationException>(() => LoraThreads.Initial(variable)).Message.ShouldContain($"LORA_NUM_THREADS is '{variable}'");

    private static unsafe void Run(int[] done, int parts)
    {
        fixed (int* counts = done)
        {
            var job = new Counting { Counts = counts };
            Workers.Run(ref job, parts, MuchWork);
        }
    }

    private static unsafe void Nest(int[] done)
    {
        fixed (int* counts = done)
        {
            var job = new Nesting { Counts = counts, Length = done.Length };
            Workers.Run(ref job, 8, MuchWork);
        }
    }

    private unsafe struct Counting : IParts
    {
        public int* Counts;

        public readonly void Run(int part) => Interlocked.Increment(ref Counts[part]);
    }

    private unsafe struct Nesting : IParts
    {
        public int* Counts;
        public int Length;

        public readonly void Run(int part)
        {
            var job = new Counting { Counts = Counts };
            Workers.Run(ref job, Length, MuchWork);
        }
    }
}
