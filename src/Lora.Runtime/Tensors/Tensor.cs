using System.ComponentModel;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>
/// A dense float32 tensor, row-major, in managed memory that is pinned and aligned to 64 bytes. There is nothing to dispose.
/// </summary>
public sealed partial class Tensor
{
    private TensorShape _shape;
    private TensorMemory _memory;
    private bool _isPendingZero;

    internal Tensor(TensorShape shape, TensorMemory memory)
    {
        _shape = shape;
        _memory = memory;
    }

    /// <summary>The dimensions, outermost first.</summary>
    [NoDerivative]
    public ReadOnlySpan<int> Shape => _shape.AsSpan();

    /// <summary>The number of dimensions.</summary>
    [NoDerivative]
    public int Rank => _shape.Rank;

    /// <summary>The number of elements.</summary>
    [NoDerivative]
    public int Length => _shape.Length;

    /// <summary>The elements in row-major order. Writing to the span writes to the tensor.</summary>
    public Span<float> Span
    {
        get
        {
            if (Owner is { Computes: false })
            {
                return new float[_shape.Length];
            }

            Span<float> span = _memory.Span(_shape.Length);
            if (_isPendingZero)
            {
                if (IsOverInput)
                {
                    throw new InvalidOperationException(
                        "A derivative that declares GradientOver must open that gradient with BeginAccumulate: it lies in the memory of the input, and zeros would overwrite what the derivative reads.");
                }

                _isPendingZero = false;
                span.Clear();
            }

            return span;
        }
    }

    /// <summary>One element.</summary>
    /// <param name="indices">One index for each dimension.</param>
    /// <exception cref="ArgumentException">The number of indices is not the tensor's rank.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index lies outside its dimension.</exception>
    public float this[params ReadOnlySpan<int> indices]
    {
        get => Span[Offset(indices)];
        set => Span[Offset(indices)] = value;
    }

    /// <summary>Whether a derivative wants the gradient of this tensor: something trainable lies upstream of it.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool NeedsGradient { get; internal set; }

    /// <summary>Whether there are elements behind the shape; see <see cref="WithoutValues"/>.</summary>
    [NoDerivative]
    public bool HasValues => !_memory.IsAbsent;

    internal TensorShape FullShape => _shape;

    internal TensorMemory Memory => _memory;

    /// <summary>The workspace that lends the tensor out; null for the user's own.</summary>
    internal Workspace? Owner { get; init; }

    internal Tensor? GradientOrNull { get; set; }

    internal bool IsKept { get; set; }

    /// <summary>Whether a derivative of the method that made the tensor alone reads it: it stays, until a gradient takes its memory.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Whether the backward pass makes the elements again, where they have been given back by then.</summary>
    internal bool IsRemade { get; set; }

    internal bool IsPinned { get; set; }

    internal bool IsRented { get; set; }

    /// <summary>The next of the gradients that share their elements, in a ring; null where there is no other.</summary>
    internal Tensor? NextSharer { get; private set; }

    /// <summary>Whether this is a gradient in the memory of the tensor that it belongs to.</summary>
    internal bool IsOverInput { get; set; }

    /// <summary>A tensor of zeros.</summary>
    /// <param name="shape">The dimensions, outermost first; none for a tensor of one element.</param>
    public static Tensor Zeros(params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Uninitialized(new TensorShape(shape));
        tensor.Span.Clear();
        return tensor;
    }

    /// <summary>A tensor that has a shape and no values, and takes no memory: asking for its elements is an error.</summary>
    /// <param name="shape">The dimensions, outermost first.</param>
    public static Tensor WithoutValues(params ReadOnlySpan<int> shape) => new(new TensorShape(shape), TensorMemory.None);

    /// <summary>A tensor whose elements are all one value.</summary>
    /// <param name="value">The value of every element.</param>
    /// <param name="shape">The dimensions, outermost first.</param>
    public static Tensor Full(float value, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Uninitialized(new TensorShape(shape));
        tensor.Span.Fill(value);
        return tensor;
    }

    /// <summary>A tensor with a copy of the given values.</summary>
    /// <param name="values">The elements in row-major order.</param>
    /// <param name="shape">The dimensions, outermost first.</param>
    /// <exception cref="ArgumentException">The number of values is not the product of the dimensions.</exception>
    public static Tensor From(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        var fullShape = new TensorShape(shape);
        if (values.Length != fullShape.Length)
        {
            throw new ArgumentException(
                $"{values.Length} values do not fill a tensor of shape {fullShape}, which has {fullShape.Length} elements.", nameof(values));
        }

        Tensor tensor = Uninitialized(fullShape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>A tensor of draws from the standard normal distribution, the same bits on every machine.</summary>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="shape">The dimensions, outermost first.</param>
    public static Tensor RandomNormal(ulong seed, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Uninitialized(new TensorShape(shape));
        new LoraRandom(seed).FillNormal(tensor.Span, 1f);
        return tensor;
    }

    /// <summary>A tensor of draws from the uniform distribution on [low, high), the same bits on every machine.</summary>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="shape">The dimensions, outermost first.</param>
    public static Tensor RandomUniform(ulong seed, float low, float high, params ReadOnlySpan<int> shape)
    {
        Tensor tensor = Uninitialized(new TensorShape(shape));
        new LoraRandom(seed).FillUniform(tensor.Span, low, high);
        return tensor;
    }

    /// <summary>A copy with memory of its own.</summary>
    public Tensor Clone() => From(Span, Shape);

    /// <summary>The elements as a span of <c>System.Numerics.Tensors</c>, without a copy.</summary>
    public TensorSpan<float> AsTensorSpan()
    {
        Span<nint> lengths = stackalloc nint[TensorShape.MaxRank];
        for (int i = 0; i < Rank; i++)
        {
            lengths[i] = Shape[i];
        }

        return new TensorSpan<float>(Span, lengths[..Rank]);
    }

    /// <summary>The shape and, for a small tensor, the elements.</summary>
    public override string ToString() =>
        Length <= 16 && HasValues ? $"Tensor{_shape} {{ {string.Join(", ", Span.ToArray())} }}" : $"Tensor{_shape}";

    /// <summary>
    /// Opens a gradient for one whole-tensor contribution. A gradient that nothing was added to yet holds no zeros:
    /// the caller must then write every element instead of adding to it.
    /// </summary>
    /// <param name="overwrite">Whether every element must be written; otherwise each contribution is added.</param>
    /// <returns>The elements, in row-major order.</returns>
    public Span<float> BeginAccumulate(out bool overwrite)
    {
        overwrite = _isPendingZero;
        _isPendingZero = false;
        return _memory.Span(_shape.Length);
    }

    internal static Tensor Uninitialized(TensorShape shape) => new(shape, TensorMemory.Allocate(shape.Length));

    internal void MarkPendingZero() => _isPendingZero = true;

    internal void Rebind(TensorShape shape, TensorMemory memory, bool isRented, bool needsGradient)
    {
        _shape = shape;
        _memory = memory;
        _isPendingZero = false;
        GradientOrNull = null;
        IsKept = false;
        IsHeld = false;
        IsRemade = false;
        IsPinned = false;
        IsOverInput = false;
        IsRented = isRented;
        NeedsGradient = needsGradient;
        NextSharer = null;
    }

    /// <summary>Takes memory anew, after its elements have been given back.</summary>
    internal void BindAgain(TensorMemory memory)
    {
        _memory = memory;
        IsRented = true;
    }

    internal void ShareWith(Tensor other)
    {
        NextSharer = other.NextSharer ?? other;
        other.NextSharer = this;
    }

    /// <summary>Leaves the elements to the gradients that share them.</summary>
    /// <param name="own">What takes their place.</param>
    /// <returns>Whether there were others.</returns>
    internal bool LeaveSharers(TensorMemory own)
    {
        if (NextSharer is not { } next)
        {
            return false;
        }

        Tensor last = next;
        while (last.NextSharer != this)
        {
            last = last.NextSharer!;
        }

        last.NextSharer = last == next ? null : next;
        NextSharer = null;
        _memory = own;
        return true;
    }

    internal void Unbind()
    {
        _memory = default;
        IsRented = false;
    }

    private int Offset(ReadOnlySpan<int> indices)
    {
        if (indices.Length != Rank)
        {
            throw new ArgumentException($"A tensor of shape {_shape} takes {Rank} indices; {indices.Length} were given.", nameof(indices));
        }

        int offset = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)Shape[i])
            {
                throw new ArgumentOutOfRangeException(nameof(indices), $"Index {indices[i]} lies outside dimension {i} of shape {_shape}.");
            }

            offset = (offset * Shape[i]) + indices[i];
        }

        return offset;
    }
}
