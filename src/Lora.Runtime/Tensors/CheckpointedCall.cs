using System.ComponentModel;

namespace Lora;

/// <summary>
/// One call of a checkpointed method: the forward pass gives back all that it made but the result, and the backward pass makes it again
/// (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class CheckpointedCall
{
    private readonly List<int> _nextUses = [];
    private int _first;
    private RandomKey _firstKey;
    private Tensor? _result;

    /// <summary>Begins the forward pass.</summary>
    /// <param name="work">The memory of the step.</param>
    public void Begin(Workspace work)
    {
        _result = null;
        _first = work.RentedCount;
        _firstKey = work.NextRandomKey;
        _nextUses.Clear();
        foreach (AdaptedLayer layer in work.DroppingLayers)
        {
            _nextUses.Add(layer.NextUse);
        }
    }

    /// <summary>Ends the forward pass of a method that returns a number.</summary>
    /// <param name="result">What it returns.</param>
    /// <param name="work">The memory of the step.</param>
    public float End(float result, Workspace work)
    {
        work.Forget(_first, null);
        return result;
    }

    /// <summary>Ends the forward pass of a method that returns a tensor.</summary>
    /// <param name="result">What it returns.</param>
    /// <param name="work">The memory of the step.</param>
    public Tensor End(Tensor result, Workspace work)
    {
        work.Forget(_first, result);
        _result = result;
        return result;
    }

    /// <summary>Begins the backward pass: random calls draw again what they drew.</summary>
    /// <param name="work">The memory of the step.</param>
    /// <returns>Whether a gradient flows to the result.</returns>
    public bool Repeat(Workspace work)
    {
        if (_result is { } result)
        {
            if (!result.NeedsGradient)
            {
                return false;
            }

            work.FreeResult(_first, result);
        }

        work.NextRandomKey = _firstKey;
        for (int i = 0; i < _nextUses.Count; i++)
        {
            work.DroppingLayers[i].NextUse = _nextUses[i];
        }

        return true;
    }

    /// <summary>Hands the gradient of the result over to the result that was made again.</summary>
    /// <param name="again">The new result.</param>
    public void Resume(Tensor again)
    {
        if (!ReferenceEquals(again, _result))
        {
            again.GradientOrNull = _result!.GradientOrNull;
            _result.GradientOrNull = null;
        }
    }
}
