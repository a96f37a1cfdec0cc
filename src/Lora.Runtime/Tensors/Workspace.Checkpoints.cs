namespace Lora;

/// <content>What checkpoints need.</content>
public sealed partial class Workspace
{
    /// <summary>The layers whose adapters have dropout in this step: they count their uses.</summary>
    internal List<AdaptedLayer> DroppingLayers { get; } = [];

    internal int RentedCount => _rentedCount;

    /// <summary>Gives back all that was made since a point of the step, except a result.</summary>
    internal void Forget(int first, Tensor? result)
    {
        _numbers.VerifyWritten();
        for (int i = first; i < _rentedCount; i++)
        {
            Tensor tensor = _rented[i];
            if (ReferenceEquals(tensor, result))
            {
                // What reads it is the derivative of the method itself, which will make it again.
                tensor.IsKept = false;
            }
            else if (result is null || !tensor.Memory.IsSame(result.Memory))
            {
                GiveBack(tensor);
            }
        }
    }

    /// <summary>Gives back a result that was made since a point of the step; its gradient stays.</summary>
    internal void FreeResult(int first, Tensor result)
    {
        _numbers.VerifyWritten();
        for (int i = first; i < _rentedCount && !result.IsPinned; i++)
        {
            if (ReferenceEquals(_rented[i], result))
            {
                GiveBack(result);
                return;
            }
        }
    }
}
