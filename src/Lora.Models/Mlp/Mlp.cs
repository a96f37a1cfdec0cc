using System.Text.Json;

namespace Lora.Models;

/// <summary>
/// A multilayer perceptron: linear layers with an activation between them. Its <c>config.json</c> has <c>model_type</c> <c>mlp</c>, <c>sizes</c>, and
/// <c>hidden_act</c>; the weights are <c>layers.0.weight</c>, <c>layers.0.bias</c> and so on.
/// </summary>
public sealed partial class Mlp
{
    private readonly Linear[] _layers;
    private readonly Activation _activation;

    /// <summary>Creates a perceptron with random weights.</summary>
    /// <param name="sizes">The width of the input, of each hidden layer, and of the result.</param>
    /// <param name="activation">What stands between the layers.</param>
    /// <exception cref="ArgumentException">There are fewer than two sizes, or one is less than 1.</exception>
    public Mlp(IReadOnlyList<int> sizes, ActivationFunction activation = ActivationFunction.Relu)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        if (sizes.Count < 2)
        {
            throw new ArgumentException($"A perceptron takes the width of its input and of its result at least; it was given {sizes.Count} sizes.", nameof(sizes));
        }

        _layers = [.. sizes.Zip(sizes.Skip(1), (inputs, outputs) => new Linear(inputs, outputs))];
        _activation = new Activation(activation);
    }

    /// <summary>The width of the input.</summary>
    public int Inputs => _layers[0].InFeatures;

    /// <summary>The result of the last layer.</summary>
    /// <param name="x">[.., width of the input].</param>
    /// <returns>[.., width of the result].</returns>
    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            x = _layers[i].Forward(x);
            if (i < _layers.Length - 1)
            {
                x = _activation.Forward(x);
            }
        }

        return x;
    }

    /// <summary>The mean cross-entropy of classes.</summary>
    /// <param name="x">[.., width of the input].</param>
    /// <param name="classes">The class of each row; −100 leaves a row out.</param>
    [Differentiable]
    public float Loss(Tensor x, ReadOnlySpan<int> classes) => Nn.CrossEntropy(Forward(x), classes);

    /// <summary>The mean squared difference from a target.</summary>
    /// <param name="x">[.., width of the input].</param>
    /// <param name="target">[.., width of the result].</param>
    [Differentiable]
    public float SquaredLoss(Tensor x, [NoDerivative] Tensor target) => Nn.MseLoss(Forward(x), target);

    internal static PretrainedModel.Plan PlanOf(ConfigFile file)
    {
        int[] sizes = file.Find("sizes") is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().All(IsSize)
            ? [.. list.EnumerateArray().Select(size => size.GetInt32())]
            : [];
        return sizes.Length >= 2
            ? new PretrainedModel.Plan(file, new Mlp(sizes, Activation.Read(file, "hidden_act", "relu")), new CheckpointLayout { BasePrefix = "layers." })
            : throw new InvalidDataException($"'{file.Source}': sizes must be a list of at least two whole numbers from 1 on.");

        static bool IsSize(JsonElement size) => size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int value) && value >= 1;
    }
}
