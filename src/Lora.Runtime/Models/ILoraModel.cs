using System.ComponentModel;

namespace Lora;

/// <summary>
/// A partial class with <c>[Lora]</c> members or <c>[Differentiable]</c> methods. The generator implements this; savers, trainers and
/// proofs take it.
/// </summary>
public interface ILoraModel
{
    /// <summary>What training changes: the adapters, and the layers that are trained in full, in the order of the model's members.</summary>
    IReadOnlyList<Parameter> TrainableParameters { get; }

    /// <summary>Counts all parameters and the trainable ones.</summary>
    ParameterCount CountParameters();

    /// <summary>Gives adapters to the layers that the options choose, in place of those they have.</summary>
    /// <param name="options">Which layers, and the rank and scaling.</param>
    /// <returns>The paths of the adapted layers.</returns>
    /// <exception cref="ArgumentException">A target matches no layer, or the rank does not fit one. Nothing has changed then.</exception>
    IReadOnlyList<string> ApplyLora(LoraOptions options);

    /// <summary>Folds every adapter into its layer's weights.</summary>
    /// <param name="keepOriginals">Whether the originals are kept, so that <see cref="UnmergeAdapters"/> can put them back.</param>
    /// <exception cref="InvalidOperationException">The adapters are merged already.</exception>
    void MergeAdapters(bool keepOriginals = true);

    /// <summary>Puts the original weights back, bit for bit.</summary>
    /// <exception cref="InvalidOperationException">The adapters are not merged, or the originals were not kept.</exception>
    void UnmergeAdapters();

    /// <summary>Every linear layer with its dotted path.</summary>
    IReadOnlyList<(string Path, Linear Linear)> NamedLinears();

    /// <summary>Copies of the weights of every layer by their dotted names, as in the files of the plain model; no adapters.</summary>
    IReadOnlyDictionary<string, Tensor> StateDict();

    /// <summary>Replaces the weights of every layer.</summary>
    /// <param name="state">Values by the names of <see cref="StateDict"/>.</param>
    /// <exception cref="ArgumentException">A name is missing or unknown, or a shape differs; all such are listed, and nothing has changed.</exception>
    void LoadStateDict(IReadOnlyDictionary<string, Tensor> state);

    /// <summary>Lets eager calls on this thread draw the random numbers of one training step, such as dropout masks, until the result is disposed.</summary>
    /// <param name="step">The training call to repeat, counted from 0.</param>
    IDisposable TrainingMode(int step);

    /// <summary>Shows the model's layers and submodels to a visitor, in the order of its members.</summary>
    /// <param name="visitor">Takes them.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    void VisitLayers(LayerVisitor visitor);
}
