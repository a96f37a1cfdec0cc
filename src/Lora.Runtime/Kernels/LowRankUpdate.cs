using System.Numerics.Tensors;

namespace Lora;

/// <summary>What an adapter adds to a product: h·B, h [count, rank], as the last steps of each sum, while that is in registers.</summary>
/// <remarks>
/// <code>
///   B [rank, outputs], scaled, in panels as the weights are
///   ┌─────────┬─────────┬──────
///   │ rank    │ rank    │
///   │ steps   │ steps   │  …      the last one padded with zeros
///   └─────────┴─────────┴──────
/// </code>
/// </remarks>
internal readonly unsafe struct LowRankUpdate
{
    private const int Panel = PackedPanels.PanelRows;

    private readonly float* _h;
    private readonly float* _panels;
    private readonly int _rank;

    private LowRankUpdate(float* h, float* panels, int rank)
    {
        _h = h;
        _panels = panels;
        _rank = rank;
    }

    /// <summary>The floating-point operations for one element of the result.</summary>
    public double WorkPerElement => 2.0 * _rank;

    /// <summary>The floats that the panels take.</summary>
    public static int LengthFor(int rank, int outputs) => checked(Blocks.Count(outputs, Panel) * Panel * rank);

    /// <summary>scale·h·B.</summary>
    /// <param name="h">[count, rank].</param>
    /// <param name="b">[rank, outputs].</param>
    /// <param name="scale">The adapter's scaling.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="outputs">The columns of the result.</param>
    /// <param name="panels">Takes <see cref="LengthFor"/>.</param>
    public static LowRankUpdate Of(float* h, float* b, float scale, int rank, int outputs, float* panels)
    {
        float* to = panels;
        for (int output = 0; output < outputs; output += Panel)
        {
            int width = Math.Min(Panel, outputs - output);
            for (int row = 0; row < rank; row++, to += Panel)
            {
                TensorPrimitives.Multiply(new ReadOnlySpan<float>(b + ((nint)row * outputs) + output, width), scale, new Span<float>(to, width));
                new Span<float>(to + width, Panel - width).Clear();
            }
        }

        return new LowRankUpdate(h, panels, rank);
    }

    /// <summary>gradH·Aᵀ.</summary>
    /// <param name="gradH">[count, rank].</param>
    /// <param name="a">[outputs, rank].</param>
    /// <param name="rank">The rank.</param>
    /// <param name="outputs">The columns of the result.</param>
    /// <param name="panels">Takes <see cref="LengthFor"/>.</param>
    public static LowRankUpdate OfTransposed(float* gradH, float* a, int rank, int outputs, float* panels)
    {
        for (int output = 0; output < outputs; output += Panel)
        {
            int width = Math.Min(Panel, outputs - output);
            float* to = panels + ((nint)output * rank);
            if (width < Panel)
            {
                new Span<float>(to, Panel * rank).Clear();
            }

            Transposition.Run(a + ((nint)output * rank), rank, width, rank, to, Panel, add: false);
        }

        return new LowRankUpdate(gradH, panels, rank);
    }

    /// <summary>Has the tiles of a job add it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="example">The example of its first row.</param>
    /// <param name="output">The output of its first column: that of a panel.</param>
    public void Set(ref TileJob job, int example, int output)
    {
        job.UpdateA = _h + ((nint)example * _rank);
        job.UpdateB = _panels + ((nint)output * _rank);
        job.UpdateDepth = _rank;
    }

    /// <summary>Adds it to a panel of a result that no tiles computed.</summary>
    /// <param name="y">Its first element.</param>
    /// <param name="stride">From one of its rows to the next.</param>
    /// <param name="example">The example of its first row.</param>
    /// <param name="output">The output of its first column: that of a panel.</param>
    /// <param name="examples">Its rows.</param>
    /// <param name="outputs">Its columns.</param>
    public void AddTo(float* y, nint stride, int example, int output, int examples, int outputs)
    {
        if (_rank > 0)
        {
            Tile.RunPadded(
                new TileJob
                {
                    A = _h + ((nint)example * _rank),
                    RowStride = _rank,
                    B = _panels + ((nint)output * _rank),
                    BStride = Panel,
                    Depth = _rank,
                    C = y,
                    CStride = stride,
                    Add = true,
                },
                examples,
                outputs);
        }
    }
}
