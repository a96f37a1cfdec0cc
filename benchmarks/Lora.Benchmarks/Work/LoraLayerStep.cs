namespace Lora.Benchmarks;

/// <summary>One training step of an adapted layer, width → width: forward, mean squared error, backward, Adam; with ∂L/∂x where it is asked for.</summary>
internal sealed class LoraLayerStep : IWork
{
    private readonly ILoraLayer _layer;
    private readonly Tensor _x;
    private readonly Tensor _target;
    private readonly Tensor? _gradY;
    private readonly Adam _adam;

    public LoraLayerStep(int count, int width, int rank, bool gradientOfInput)
    {
        _layer = Layer(width, rank);
        _x = Tensor.RandomNormal(1, count, width);
        _target = Tensor.RandomNormal(2, count, width);
        _gradY = gradientOfInput ? Tensor.Zeros(count, width) : null;
        _adam = new Adam(_layer.TrainableParameters, learningRate: 1e-3f);
    }

    public static ILoraLayer Layer(int width, int rank) => rank switch
    {
        8 => new LoraLayer8(width),
        16 => new LoraLayer16(width),
        _ => throw new ArgumentOutOfRangeException(nameof(rank), rank, "There is a layer of rank 8 and one of rank 16."),
    };

    public void Run()
    {
        if (_gradY is null)
        {
            _layer.LossAndGradients(_x, _target);
        }
        else
        {
            _layer.GradientOfInput(_x, _target, _gradY);
        }

        _adam.Step();
        _adam.ZeroGrad();
    }

    public void Dispose()
    {
    }
}
