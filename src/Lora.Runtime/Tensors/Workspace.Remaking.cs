namespace Lora;

/// <content>Results that are made again for the backward pass: their memory serves others in between.</content>
public sealed partial class Workspace
{
    /// <summary>The bytes from which on a result is made again: what smaller ones save is not worth the time. Tests run with 0.</summary>
    internal static long LeastRemade { get; set; } = 1 << 20;

    /// <summary>
    /// Says that a derivative reads this result, which its operation can make again from what is kept anyway: a large one is made again, a small one kept.
    /// </summary>
    /// <param name="tensor">The result.</param>
    /// <param name="isTrained">Whether the layer is trained for which the derivative reads it.</param>
    public void KeepOrRemake(Tensor tensor, bool isTrained = true)
    {
        bool isLarge = sizeof(float) * (long)tensor.Length >= LeastRemade;
        tensor.IsRemade |= isTrained && isLarge;
        tensor.IsHeld |= isTrained && !isLarge;
    }

    /// <summary>Gives memory to a result that a derivative is about to read, where it has none any more.</summary>
    /// <param name="tensor">The result.</param>
    /// <returns>Whether its operation has to write it again.</returns>
    public bool Remakes(Tensor tensor)
    {
        if (tensor is not { IsRemade: true, IsRented: false })
        {
            return false;
        }

        BeginBackward();
        tensor.BindAgain(TakeForUse(tensor.Length));
        return Computes;
    }
}
