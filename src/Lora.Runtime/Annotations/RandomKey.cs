namespace Lora;

/// <summary>
/// Identifies one random call of one training step, so that its draw is a pure function of (seed, step, call, position):
/// the backward repeats it instead of storing it. An optional parameter of this type is filled in by generated code.
/// </summary>
/// <param name="Seed">The model's seed.</param>
/// <param name="Step">The training call, counted from 0.</param>
/// <param name="Call">The position of the call among the step's random calls, counted from 1; 0 means no training.</param>
public readonly record struct RandomKey(ulong Seed, int Step, int Call)
{
    /// <summary>Whether a training step, or a <c>TrainingMode</c> scope, gave this key.</summary>
    public bool IsTraining => Call > 0;
}
