using static Lora.Tests.Kernels.KernelReferences;

namespace Lora.Tests.Kernels;

[Collection(nameof(VectorWidths))]
public class PackedMatrixTests
{
    private static readonly (int Rows, int Columns)[] _shapes =
    [
        (1, 1), (1, 7), (5, 1), (3, 4), (15, 9), (16, 16), (17, 8), (31, 33), (47, 5), (48, 48), (49, 3), (64, 64), (95, 13), (97, 385), (97, 1),
        (144, 21), (172, 64), (800, 10), (10, 800), (1537, 6), (100, 345),
    ];

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Multiply_is_the_product_for_every_tail(int width) => VectorWidths.Run(width, () =>
    {
        foreach ((int rows, int columns, WeightFormat format) in ShapesAndFormats())
        {
            PackedMatrix packed = Pack(Random(1, rows * columns), rows, columns, format);
            float[] weights = Back(packed);
            for (int count = 1; count <= 20; count++)
            {
                float[] x = Random(2, count * columns);
                float[] bias = Random(3, rows);
                float[] y = Fill(count * rows);
                string what = $"[{count}, {columns}] by [{rows}, {columns}]ᵀ in {format}";
                packed.Multiply(x, count, y, default);
                y.ShouldBeProduct(Product(x, false, weights, true, count, rows, columns), what);
                packed.Multiply(x, count, y, bias);
                float[] start = [.. Enumerable.Repeat(bias, count).SelectMany(row => row)];
                y.ShouldBeProduct(Product(x, false, weights, true, count, rows, columns, 1, start), what + " with bias");
            }
        }
    });

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void MultiplyTransposed_is_the_product_for_every_tail(int width) => VectorWidths.Run(width, () =>
    {
        foreach ((int rows, int columns, WeightFormat format) in ShapesAndFormats())
        {
            PackedMatrix packed = Pack(Random(1, rows * columns), rows, columns, format);
            float[] weights = Back(packed);
            foreach (int count in Enumerable.Range(0, 28).Append(50).Append(97))
            {
                float[] g = Random(2, count * rows);
                float[] d = Fill(count * columns);
                string what = $"[{count}, {rows}] by [{rows}, {columns}] in {format}";
                packed.MultiplyTransposed(g, count, d, add: false);
                d.ShouldBeProduct(Product(g, false, weights, false, count, columns, rows), what);
                float[] start = Random(4, count * columns);
                start.CopyTo(d, 0);
                packed.MultiplyTransposed(g, count, d, add: true);
                d.ShouldBeProduct(Product(g, false, weights, false, count, columns, rows, 1, start), what + " added");
            }
        }
    });

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void What_an_adapter_adds_is_added_for_every_tail(int width) => VectorWidths.Run(width, () =>
    {
        const float Scale = 0.75f;
        foreach ((int rows, int columns, WeightFormat format) in ShapesAndFormats())
        {
            PackedMatrix packed = Pack(Random(1, rows * columns), rows, columns, format);
            float[] weights = Back(packed);
            foreach ((int count, int rank) in new[] { (1, 8), (2, 1), (5, 3), (9, 8), (20, 17), (30, 4), (97, 8), (3, 530) })
            {
                string what = $"{count} examples, [{rows}, {columns}] in {format}, rank {rank}";
                float[] x = Random(2, count * columns);
                float[] h = Random(3, count * rank);
                float[] b = Random(4, rank * rows);
                float[] bias = Random(5, rows);
                float[] y = Fill(count * rows);
                packed.Multiply(x, count, y, bias, h, b, Scale, rank);
                float[] scaled = [.. h.Select(value => value * Scale)];
                float[] start = [.. Enumerable.Repeat(bias, count).SelectMany(row => row)];
                float[] both = SideBySide(weights, Turned(b, rank, rows), rows);
                y.ShouldBeProduct(Product(SideBySide(x, scaled, count), false, both, true, count, rows, columns + rank, 1, start), what);

                float[] g = Random(6, count * rows);
                float[] a = Random(7, columns * rank);
                float[] d = Random(8, count * columns);
                start = [.. d];
                packed.MultiplyTransposed(g, count, d, add: true, h, a, rank);
                float[] below = [.. weights, .. Turned(a, columns, rank)];
                d.ShouldBeProduct(Product(SideBySide(g, h, count), false, below, false, count, columns, rows + rank, 1, start), what + ", transposed");
            }
        }
    });

    [Fact]
    public void So_many_examples_that_their_tiles_overflow_a_product_of_numbers_are_multiplied()
    {
        const int Count = 300_000;
        PackedMatrix packed = Pack([3], 1, 1, WeightFormat.Float32);
        float[] x = Random(1, Count);
        float[] y = new float[Count];
        packed.Multiply(x, Count, y, default);
        y.ShouldBe(x.Select(value => 3 * value));
        packed.MultiplyTransposed(x, Count, y, add: false);
        y.ShouldBe(x.Select(value => 3 * value));
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    public void A_row_of_the_result_has_the_same_bits_beside_any_others(WeightFormat format)
    {
        const int Rows = 401;
        const int Columns = 801;
        const int Count = 229;
        PackedMatrix packed = Pack(Random(1, Rows * Columns), Rows, Columns, format);
        float[] x = Random(2, Count * Columns);
        float[] bias = Random(3, Rows);
        float[] all = new float[Count * Rows];
        packed.Multiply(x, Count, all, bias);
        float[] one = new float[Rows];
        for (int i = 0; i < Count; i++)
        {
            packed.Multiply(x.AsSpan(i * Columns, Columns), 1, one, bias);
            one.ShouldBe(all[(i * Rows)..((i + 1) * Rows)]);
        }

        const int Rank = 5;
        float[] h = Random(5, Count * Rank);
        float[] b = Random(6, Rank * Rows);
        packed.Multiply(x, Count, all, bias, h, b, 0.7f, Rank);
        for (int i = 0; i < Count; i++)
        {
            packed.Multiply(x.AsSpan(i * Columns, Columns), 1, one, bias, h.AsSpan(i * Rank, Rank), b, 0.7f, Rank);
            one.ShouldBe(all[(i * Rows)..((i + 1) * Rows)]);
        }

        // The transposed product has a way of its own for few examples.
        const int Some = 97;
        float[] g = Random(4, Count * Rows);
        float[] gradients = new float[Count * Columns];
        packed.MultiplyTransposed(g, Count, gradients, add: false);
        float[] part = new float[Some * Columns];
        for (int i = 0; i <= Count - Some; i += 44)
        {
            packed.MultiplyTransposed(g.AsSpan(i * Rows, Some * Rows), Some, part, add: false);
            part.ShouldBe(gradients[(i * Columns)..((i + Some) * Columns)]);
        }
    }

    [Fact]
    public void The_values_come_back_with_the_same_bits()
    {
        foreach ((int rows, int columns) in _shapes)
        {
            float[] weights = Random(5, rows * columns);
            PackedMatrix packed = Pack(weights, rows, columns);
            float[] back = new float[weights.Length];
            packed.CopyTo(back);
            back.ShouldBe(weights);
            float[] row = new float[columns];
            for (int i = 0; i < rows; i++)
            {
                packed.CopyRowsTo([i], row);
                row.ShouldBe(weights[(i * columns)..((i + 1) * columns)]);
            }
        }
    }

    [Fact]
    public void BFloat16_rounds_to_the_nearest()
    {
        foreach ((int rows, int columns) in _shapes)
        {
            float[] weights = Random(5, rows * columns);
            PackedMatrix packed = Pack(weights, rows, columns, WeightFormat.BFloat16);
            float[] back = Back(packed);
            float[] row = new float[columns];
            for (int i = 0; i < rows; i++)
            {
                packed.CopyRowsTo([i], row);
                row.ShouldBe(back[(i * columns)..((i + 1) * columns)]);
            }

            for (int i = 0; i < weights.Length; i++)
            {
                (BitConverter.SingleToUInt32Bits(back[i]) & 0xFFFF).ShouldBe(0u);
                Math.Abs(back[i] - weights[i]).ShouldBeLessThanOrEqualTo(Math.Abs(weights[i]) / 256);
            }
        }

        float[] special = [0, -0f, 1, -3.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1 + (1f / 256), 1 + (3f / 256), float.Epsilon, float.MaxValue];
        float[] expected = [0, -0f, 1, -3.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1, 1 + (4f / 256), 0, float.PositiveInfinity];
        Back(Pack(special, 1, special.Length, WeightFormat.BFloat16)).ShouldBe(expected);
    }

    [Fact]
    public void There_is_one_copy_of_the_weights()
    {
        new PackedMatrix(768, 768, WeightFormat.BFloat16).Bytes.ShouldBeInRange(768 * 768 * sizeof(ushort), (768 * 768 * sizeof(ushort)) + (16 * 4096));
        // Between two panels of such a width lies a gap of at most a page.
        new PackedMatrix(768, 768).Bytes.ShouldBeInRange(768 * 768 * sizeof(float), (768 * 768 * sizeof(float)) + (16 * 4096));
        new PackedMatrix(172, 64).Bytes.ShouldBe(176 * 64 * sizeof(float));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        var packed = new PackedMatrix(5, 3);
        Should.Throw<ArgumentException>(() => packed.Set(new float[14]));
        Should.Throw<ArgumentException>(() => packed.Multiply(new float[5], 2, new float[10], default));
        Should.Throw<ArgumentException>(() => packed.Multiply(new float[6], 2, new float[9], default));
        Should.Throw<ArgumentException>(() => packed.Multiply(new float[6], 2, new float[10], new float[4]));
        Should.Throw<ArgumentException>(() => packed.Multiply(new float[6], 2, new float[10], default, new float[3], new float[10], 1, 2));
        Should.Throw<ArgumentException>(() => packed.Multiply(new float[6], 2, new float[10], default, new float[4], new float[9], 1, 2));
        Should.Throw<ArgumentException>(() => packed.MultiplyTransposed(new float[10], 2, new float[7], add: false));
        Should.Throw<ArgumentOutOfRangeException>(() => packed.CopyRowsTo([5], new float[3]));
        Should.Throw<ArgumentOutOfRangeException>(() => packed.CopyRowsTo([-1], new float[3]));
    }

    private static IEnumerable<(int Rows, int Columns, WeightFormat Format)> ShapesAndFormats() =>
        from shape in _shapes from format in Enum.GetValues<WeightFormat>() select (shape.Rows, shape.Columns, format);

    private static PackedMatrix Pack(float[] weights, int rows, int columns, WeightFormat format = WeightFormat.Float32)
    {
        var packed = new PackedMatrix(rows, columns, format);
        packed.Set(weights);
        return packed;
    }

    // [rows, m] and [rows, n] as [rows, m + n].
    private static float[] SideBySide(float[] left, float[] right, int rows)
    {
        int m = left.Length / rows;
        int n = right.Length / rows;
        return [.. Enumerable.Range(0, rows).SelectMany(row => left[(row * m)..((row + 1) * m)].Concat(right[(row * n)..((row + 1) * n)]))];
    }

    private static float[] Turned(float[] values, int rows, int columns) =>
        [.. from column in Enumerable.Range(0, columns) from row in Enumerable.Range(0, rows) select values[(row * columns) + column]];

    private static float[] Back(PackedMatrix packed)
    {
        float[] weights = new float[packed.Rows * packed.Columns];
        packed.CopyTo(weights);
        return weights;
    }

    // What was there before must not shine through.
    private static float[] Fill(int length)
    {
        float[] values = new float[length];
        Array.Fill(values, float.NaN);
        return values;
    }
}
