namespace Lora.Models;

/// <summary>The sum of what a token, its kind and its position stand for, normalised.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class BertEmbeddings(BertConfig config)
{
    private readonly Embedding _wordEmbeddings = new(config.VocabSize, config.HiddenSize);
    private readonly Embedding _positionEmbeddings = new(config.MaxPositionEmbeddings, config.HiddenSize);
    private readonly Embedding _tokenTypeEmbeddings = new(config.TypeVocabSize, config.HiddenSize);
    [StateName("LayerNorm")]
    private readonly LayerNorm _layerNorm = new(config.HiddenSize, config.LayerNormEps);

    [Differentiable]
    public Tensor Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<int> tokenTypes, int batch)
    {
        Tensor x = _wordEmbeddings.Forward(tokens, batch);
        Tensor kinds = tokenTypes.IsEmpty ? _tokenTypeEmbeddings.Forward([0]) : _tokenTypeEmbeddings.Forward(tokenTypes, batch);
        Tensor positions = config.CountsFromPadding
            ? _positionEmbeddings.Forward(EncoderInputs.PositionsAfterPadding(tokens, batch, config.PadTokenId), batch)
            : _positionEmbeddings.Forward(Positions.Of(0, x.Shape[1], config.MaxSequenceLength));
        return _layerNorm.Forward(x + kinds + positions);
    }
}
