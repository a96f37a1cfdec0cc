using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Lora;

/// <summary>The scores of some query rows of one head, and what softmax makes of them in the vectors of this machine.</summary>
internal unsafe struct ScoreBlock
{
    /// <summary>The most rows of a block: those whose scores are in memory at a time.</summary>
    public const int MostRows = 32;

    private const int Multiple = 16;

    /// <summary>The first row; each has room up to <see cref="Padded"/>.</summary>
    public float* Scores;

    /// <summary>From one row to the next.</summary>
    public int Stride;

    public int Rows;

    /// <summary>How many keys the first query sees.</summary>
    public int SeenByFirst;

    /// <summary>How many more the next one sees: 1 under a causal mask, else 0.</summary>
    public int SeenStep;

    /// <summary>What the products of queries and keys are multiplied by.</summary>
    public float Scale;

    private bool _isScaled;

    /// <summary>What the scores must still be multiplied by: 1 once a mask was added, as that needs them scaled.</summary>
    public readonly float RemainingScale => _isScaled ? 1 : Scale;

    /// <summary>The keys that any query of the block sees.</summary>
    public readonly int Visible => SeenBy(Rows - 1);

    /// <summary>How many keys a query of the block sees.</summary>
    public readonly int SeenBy(int row) => SeenByFirst + (row * SeenStep);

    /// <summary>The room of a row: a multiple of every vector, so that products over the keys have no rest.</summary>
    public static int Padded(int keys) => Blocks.Count(keys, Multiple) * Multiple;

    /// <summary>Adds a mask to the scores, which are scaled by then.</summary>
    public void Add(in AttentionMask mask, int batch, int head, int query)
    {
        if (mask.IsEmpty)
        {
            return;
        }

        for (int row = 0; row < Rows; row++)
        {
            int seen = SeenBy(row);
            var scores = new Span<float>(Scores + (row * Stride), seen);
            TensorPrimitives.MultiplyAdd(scores, Scale, mask.Row(batch, head, query + row)[..seen], scores);
        }

        _isScaled = true;
    }

    /// <inheritdoc cref="ScoreRows{TLanes, TVector}.Normalize"/>
    public readonly void Normalize(float* logOfSums)
    {
        if (VectorWidth.Has512)
        {
            ScoreRows<Lanes512, Vector512<float>>.Normalize(this, logOfSums);
        }
        else if (VectorWidth.Has256)
        {
            ScoreRows<Lanes256, Vector256<float>>.Normalize(this, logOfSums);
        }
        else
        {
            ScoreRows<Lanes128, Vector128<float>>.Normalize(this, logOfSums);
        }
    }

    /// <inheritdoc cref="ScoreRows{TLanes, TVector}.Slopes"/>
    public readonly void Slopes(float* logOfSums, float* slopes)
    {
        if (VectorWidth.Has512)
        {
            ScoreRows<Lanes512, Vector512<float>>.Slopes(this, logOfSums, slopes);
        }
        else if (VectorWidth.Has256)
        {
            ScoreRows<Lanes256, Vector256<float>>.Slopes(this, logOfSums, slopes);
        }
        else
        {
            ScoreRows<Lanes128, Vector128<float>>.Slopes(this, logOfSums, slopes);
        }
    }
}
