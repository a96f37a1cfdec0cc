namespace Lora.Models;

/// <summary>One step of a <see cref="Trainer"/>.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Loss">The loss before the step: the mean over the predicted tokens of a batch, and the mean of the batches where several make a step.</param>
/// <param name="GradientNorm">The L2 norm of all gradients together, before it was limited.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="Tokens">How many tokens were predicted.</param>
/// <param name="Milliseconds">How long the step took.</param>
public readonly record struct TrainingStep(int Number, double Loss, double GradientNorm, float LearningRate, int Tokens, double Milliseconds);
