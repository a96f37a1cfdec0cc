namespace Lora.Models;

/// <summary>One layer: attention and feed-forward block, each after a normalisation and added to what came in.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class Gpt2Block(Gpt2Config config)
{
    [StateName("ln_1")]
    private readonly LayerNorm _ln1 = new(config.Width, config.LayerNormEpsilon);
    private readonly Gpt2Attention _attn = new(config);
    [StateName("ln_2")]
    private readonly LayerNorm _ln2 = new(config.Width, config.LayerNormEpsilon);
    private readonly Gpt2Mlp _mlp = new(config);

    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        x = x + _attn.Forward(_ln1.Forward(x));
        return x + _mlp.Forward(_ln2.Forward(x));
    }

    /// <summary>The same for positions that come after those of the cache, which takes them up.</summary>
    public Tensor Next(Tensor x, KeyValueCache cache)
    {
        x = x + _attn.Next(_ln1.Forward(x), cache);
        return x + _mlp.Forward(_ln2.Forward(x));
    }
}

/// <summary>The feed-forward block.</summary>
/// <param name="config">The model's dimensions.</param>
internal sealed partial class Gpt2Mlp(Gpt2Config config)
{
    private readonly Linear _cFc = new(config.Width, config.InnerWidth);
    private readonly Activation _act = new(config.Activation);
    private readonly Linear _cProj = new(config.InnerWidth, config.Width);

    [Differentiable]
    public Tensor Forward(Tensor x) => _cProj.Forward(_act.Forward(_cFc.Forward(x)));
}
