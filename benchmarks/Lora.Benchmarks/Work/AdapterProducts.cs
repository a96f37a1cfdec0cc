namespace Lora.Benchmarks;

/// <summary>
/// The six thin products of an adapter in a training step, width → width, as generated code calls them: compiled for the rank that
/// <typeparamref name="TRank"/> names, or for any.
/// </summary>
internal sealed class AdapterProducts<TRank> : IWork
    where TRank : struct, IRank
{
    private readonly int _count;
    private readonly int _width;
    private readonly int _rank;
    private readonly Tensor _x;
    private readonly Tensor _g;
    private readonly Tensor _a;
    private readonly Tensor _b;
    private readonly Tensor _h;
    private readonly Tensor _gradA;
    private readonly Tensor _gradB;
    private readonly Tensor _gradH;

    public AdapterProducts(int count, int width, int rank)
    {
        (_count, _width, _rank) = (count, width, rank);
        _x = Tensor.RandomNormal(1, count, width);
        _g = Tensor.RandomNormal(2, count, width);
        _a = Tensor.RandomNormal(3, width, rank);
        _b = Tensor.RandomNormal(4, rank, width);
        _h = Tensor.Zeros(count, rank);
        _gradH = Tensor.Zeros(count, rank);
        _gradA = Tensor.Zeros(width, rank);
        _gradB = Tensor.Zeros(rank, width);
    }

    public static double Flops(int count, int width, int rank) => 6 * 2.0 * count * width * rank;

    public void Run()
    {
        Down();
        Up();
        GradientOfHidden();
        GradientOfUp();
        GradientOfDown();
        GradientOfInput();
    }

    public void Down() => LowRank.Down<TRank>(_x.Span, _a.Span, _h.Span, _count, _width, _rank);

    public void Up() => LowRank.AddUp<TRank>(_h.Span, _b.Span, 1e-6f, _g.Span, _count, _width, _rank);

    public void GradientOfHidden() => LowRank.GradientOfHidden<TRank>(_g.Span, _b.Span, 1e-6f, _gradH.Span, _count, _width, _rank);

    public void GradientOfUp() => LowRank.AddGradientOfUp<TRank>(_h.Span, _g.Span, 1e-6f, _gradB.Span, _count, _width, _rank);

    public void GradientOfDown() => LowRank.AddGradientOfDown<TRank>(_x.Span, _gradH.Span, _gradA.Span, _count, _width, _rank);

    public void GradientOfInput() => LowRank.AddGradientOfInput<TRank>(_gradH.Span, _a.Span, _x.Span, _count, _width, _rank);

    public void Dispose()
    {
    }
}
