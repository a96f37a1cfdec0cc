namespace Lora;

/// <summary>
/// <see cref="Adam"/> with decoupled weight decay (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"): each step first
/// shrinks the values by <c>1 − learning rate · weight decay</c>.
/// </summary>
/// <param name="parameters">What it changes, such as a model's <c>TrainableParameters</c>.</param>
/// <param name="learningRate">The step size.</param>
/// <param name="beta1">How much of the average of the gradients a step keeps.</param>
/// <param name="beta2">How much of the average of their squares a step keeps.</param>
/// <param name="epsilon">Added to the root of the second average.</param>
/// <param name="weightDecay">The decay, which the learning rate scales.</param>
public sealed class AdamW(
    IReadOnlyList<Parameter> parameters,
    float learningRate = 1e-3f,
    float beta1 = 0.9f,
    float beta2 = 0.999f,
    float epsilon = 1e-8f,
    float weightDecay = 0.01f)
    : Adam(parameters, learningRate, beta1, beta2, epsilon, weightDecay, isDecoupled: true);
