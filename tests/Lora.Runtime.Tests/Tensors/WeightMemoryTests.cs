using System.Runtime.CompilerServices;

namespace Lora.Tests.Tensors;

/// <summary>Where frozen matrices lie: side by side in large pieces, each in a part of its own.</summary>
public sealed unsafe class WeightMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData((1 << 18) + 5)]
    [InlineData(WeightPiece.Length / 2)]
    [InlineData((WeightPiece.Length / 2) + 1)]
    [InlineData(WeightPiece.Length + 3)]
    public void Parts_are_aligned_and_do_not_overlap(int length)
    {
        WeightMemory[] parts = [.. Enumerable.Range(0, 5).Select(_ => new WeightMemory(length))];
        var starts = new List<long>();
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].Span(length).Fill(i);
            long start = (long)Unsafe.AsPointer(ref parts[i].Span(length)[0]);
            (start % 64).ShouldBe(0);
            starts.Add(start);
        }

        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].Span(length).ContainsAnyExcept(i).ShouldBeFalse();
        }

        starts.Sort();
        starts.Zip(starts.Skip(1), (one, next) => next - one).ShouldAllBe(apart => apart >= (long)length * sizeof(float));
    }

    [Fact]
    public void Matrices_made_and_dropped_on_many_threads_have_parts_of_their_own()
    {
        var parts = new WeightMemory[32];
        const int Length = 300_000;
        Parallel.For(0, 8 * parts.Length, i =>
        {
            var part = new WeightMemory(Length);
            part.Span(Length).Fill(i);
            if (i % 8 == 0)
            {
                parts[i / 8] = part;
            }
            else if (i % 64 == 1)
            {
                Collect();
            }
        });
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i].Span(Length).ContainsAnyExcept(8 * i).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_piece_gives_what_came_back_and_joins_what_lies_side_by_side()
    {
        var piece = new WeightPiece();
        const int Quarter = WeightPiece.Length / 4;
        for (int i = 0; i < 4; i++)
        {
            piece.TryTake(Quarter, out int start).ShouldBeTrue();
            start.ShouldBe(i * Quarter);
            piece.Part(start, Quarter).Span(Quarter).Fill(i);
        }

        piece.TryTake(16, out _).ShouldBeFalse();
        piece.GiveBack(Quarter, Quarter);
        piece.GiveBack(3 * Quarter, Quarter);
        piece.TryTake(2 * Quarter, out _).ShouldBeFalse();
        piece.Part(2 * Quarter, Quarter).Span(Quarter).ContainsAnyExcept(2f).ShouldBeFalse();
        piece.GiveBack(2 * Quarter, Quarter);
        piece.TryTake(3 * Quarter, out int whole).ShouldBeTrue();
        whole.ShouldBe(Quarter);
        piece.Part(0, Quarter).Span(Quarter).ContainsAnyExcept(0f).ShouldBeFalse();
        piece.GiveBack(0, 16);
        piece.TryTake(16, out int first).ShouldBeTrue();
        first.ShouldBe(0);
    }

    [Fact]
    public void What_a_dropped_matrix_had_serves_another_one()
    {
        const int Rows = 768;
        var kept = new List<PackedMatrix>();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 12; round++)
        {
            MakeAndDrop(Rows, kept);
            Collect();
        }

        // Of forty matrices a round four stay, one or more in each piece: 84 at most, of 14 in a piece, and not 480.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10L * WeightPiece.Length * sizeof(float));
        float[] values = new float[Rows * Rows];
        for (int i = 0; i < kept.Count; i++)
        {
            kept[i].CopyTo(values);
            values.AsSpan().ContainsAnyExcept(i).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(1 << 20)]
    public void Asking_for_huge_pages_changes_no_value(int length)
    {
        float[] values = GC.AllocateArray<float>(length, pinned: true);
        values.AsSpan().Fill(7);
        HugePages.AskFor(values);
        values.AsSpan().ContainsAnyExcept(7f).ShouldBeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeAndDrop(int rows, List<PackedMatrix> kept)
    {
        float[] values = new float[rows * rows];
        for (int i = 0; i < 40; i++)
        {
            var matrix = new PackedMatrix(rows, rows);
            values.AsSpan().Fill(i % 10 == 7 ? kept.Count : -1);
            matrix.Set(values);
            if (i % 10 == 7)
            {
                kept.Add(matrix);
            }
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
