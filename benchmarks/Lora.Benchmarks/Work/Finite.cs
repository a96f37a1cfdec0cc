namespace Lora.Benchmarks;

/// <summary>Numbers that are not finite take another time than ordinary ones, and say that the work is wrong.</summary>
internal static class Finite
{
    public static void Check(float loss)
    {
        if (!float.IsFinite(loss))
        {
            throw new InvalidOperationException($"The loss is {loss}: this is not the work that was to be timed.");
        }
    }
}
