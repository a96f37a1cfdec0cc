namespace Lora.Benchmarks;

/// <summary>The forward pass of one layer, with its adapter or without, as a training step runs it: into memory that is kept.</summary>
internal sealed class LayerForward : IWork
{
    private readonly Linear _layer;
    private readonly bool _adapted;
    private readonly Tensor _x;
    private readonly Tensor _y;
    private readonly Tensor _hidden;

    public LayerForward(int count, int width, bool adapted)
    {
        _adapted = adapted;
        var model = new LoraLayer8(width);
        ModelState.Of(model); // Attaches the adapter.
        _layer = adapted ? model.NamedLinears()[0].Linear : new Linear(width, width);
        _x = Tensor.RandomNormal(1, count, width);
        _y = Tensor.Uninitialized(_layer.ForwardShape(_x));
        _hidden = Tensor.Uninitialized(_layer.ForwardSaves(_x));
    }

    public void Run()
    {
        if (_adapted)
        {
            _layer.ForwardInto<Rank8>(_x, _y, _hidden);
        }
        else
        {
            _layer.ForwardInto<AnyRank>(_x, _y, _hidden);
        }
    }

    public void Dispose()
    {
    }
}
