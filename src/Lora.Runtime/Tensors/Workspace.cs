using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;

namespace Lora;

/// <summary>
/// The memory of a model's training steps. Generated code rents tensors here, and says when it needs a tensor's elements for the last time;
/// memory whose lives do not overlap is shared, and a step of the shape of the one before allocates nothing. Steps of many shapes hold little more than the largest.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class Workspace
{
    // How many tensors that the user may still hold are set aside: the use of an old one is an error, not a look at another tensor.
    private const int RestingTensors = 16;

    // What steps of several shapes may hold together, beside what the largest would alone.
    private const double ShapesTogether = 1.25;

    // And what small tensors may take besides, in bytes: as they fit in each other's memory, their steps need more than the first one did.
    private const long SmallTensors = 1 << 13;

    private readonly FreeMemory _free = new();

    // What the step that runs has not used yet.
    private readonly FreeMemory _idle = new();
    private readonly List<Tensor> _rented = [];
    private readonly Queue<Tensor> _resting = [];
    private readonly NumberCheck _numbers = new();
    private int _rentedCount;
    private bool _isBackward;
    private long _usedBytes;
    private long _usedAtMost;
    private double _bytesPerUsed;
    private long _mostBytes = long.MaxValue;

    /// <summary>
    /// Whether memory is filled with NaN when it is taken and when it is given back, so that a read before the first write or after the last
    /// planned use shows in the results. Tests run with it.
    /// </summary>
    internal static bool FillsWithNaN { get; set; }

    /// <summary>The bytes that this workspace has taken from the heap for tensor elements.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The bytes in use when the backward pass of the largest step so far began: what the forward pass has saved for it.</summary>
    public long SavedBytes { get; private set; }

    internal RandomKey NextRandomKey { get; set; }

    /// <summary>Takes a tensor whose elements the caller is about to write.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="needsGradient">Whether something trainable lies upstream of it.</param>
    public Tensor Rent(TensorShape shape, bool needsGradient = false)
    {
        Tensor tensor = Node(shape, TakeForUse(shape.Length), isRented: true, needsGradient);
        if (LoraDebug.CheckNumbers && Computes)
        {
            _numbers.Verify();
            tensor.Span.Clear();
            _numbers.Watch(tensor, isGradient: false);
        }

        return tensor;
    }

    /// <summary>Takes a tensor of the shape of another one.</summary>
    /// <param name="like">The tensor whose shape it has.</param>
    /// <param name="needsGradient">Whether something trainable lies upstream of it.</param>
    public Tensor RentLike(Tensor like, bool needsGradient = false)
    {
        ArgumentNullException.ThrowIfNull(like);
        return Rent(like.FullShape, needsGradient);
    }

    /// <summary>A tensor for a result that may overwrite <paramref name="input"/>, which is not read again: takes over its memory where shapes agree and no derivative reads what lies there.</summary>
    /// <param name="input">The input whose elements are dead after the operation.</param>
    /// <param name="shape">The shape of the result.</param>
    /// <param name="needsGradient">Whether something trainable lies upstream of the result.</param>
    public Tensor RentOver(Tensor input, TensorShape shape, bool needsGradient = false)
    {
        if (input.IsKept || input.IsHeld || !input.IsRented || input.FullShape != shape)
        {
            return Rent(shape, needsGradient);
        }

        // The input still reads the memory while the operation runs, but no longer gives it back.
        input.IsRented = false;
        Tensor result = Node(shape, input.Memory, isRented: true, needsGradient);
        if (LoraDebug.CheckNumbers && Computes)
        {
            _numbers.Verify();
            _numbers.Forget(input);
            _numbers.Watch(result, isGradient: false);
        }

        return result;
    }

    /// <inheritdoc cref="RentOver(Tensor, TensorShape, bool)"/>
    /// <param name="input">The input whose elements are dead after the operation.</param>
    /// <param name="like">The tensor whose shape the result has.</param>
    /// <param name="needsGradient">Whether something trainable lies upstream of the result.</param>
    public Tensor RentOver(Tensor input, Tensor like, bool needsGradient = false)
    {
        ArgumentNullException.ThrowIfNull(like);
        return RentOver(input, like.FullShape, needsGradient);
    }

    /// <summary>The same elements as another tensor with its own gradient, or with none.</summary>
    /// <param name="tensor">The tensor whose elements are shared.</param>
    /// <param name="needsGradient">Whether the alias takes part in differentiation.</param>
    [return: NotNullIfNotNull(nameof(tensor))]
    public Tensor? Alias(Tensor? tensor, bool needsGradient)
    {
        if (tensor is null)
        {
            return null;
        }

        tensor.IsKept = true;
        if (Computes)
        {
            _ = tensor.Span;
        }

        Tensor alias = Node(tensor.FullShape, tensor.Memory, isRented: false, needsGradient);
        if (LoraDebug.CheckNumbers && Computes && needsGradient)
        {
            _numbers.Verify();
            _numbers.Watch(alias, isGradient: false);
        }

        return alias;
    }

    /// <summary>Says that a derivative reads this tensor: its elements stay until <see cref="Free(Tensor)"/>.</summary>
    /// <param name="tensor">The tensor to keep.</param>
    [return: NotNullIfNotNull(nameof(tensor))]
    public Tensor? Keep(Tensor? tensor)
    {
        if (tensor is not null)
        {
            tensor.IsKept = true;
        }

        return tensor;
    }

    /// <summary>Says that a derivative reads this tensor where a layer is trained.</summary>
    /// <param name="tensor">The tensor to keep.</param>
    /// <param name="isTrained">Whether the layer is trained.</param>
    public void KeepWhere(Tensor? tensor, bool isTrained)
    {
        if (isTrained)
        {
            Keep(tensor);
        }
    }

    /// <summary>Makes a tensor outlive the backward pass: its elements stay until the next step.</summary>
    /// <param name="tensor">A result that the user may read.</param>
    [return: NotNullIfNotNull(nameof(tensor))]
    public Tensor? Pin(Tensor? tensor)
    {
        if (LoraDebug.CheckNumbers)
        {
            _numbers.VerifyWritten();
        }

        if (tensor is not null && tensor.Owner == this)
        {
            tensor.IsKept = true;
            tensor.IsPinned = true;
        }

        return tensor;
    }

    /// <summary>Says that the forward pass reads this tensor no more: its elements are given back unless a derivative reads them where they are.</summary>
    /// <param name="tensor">The tensor that is not read again.</param>
    public void Drop(Tensor tensor)
    {
        if (!tensor.IsKept && !tensor.IsHeld)
        {
            if (LoraDebug.CheckNumbers)
            {
                _numbers.Verify();
                _numbers.Forget(tensor);
            }

            GiveBack(tensor);
        }
    }

    /// <summary>Gives back a tensor and its gradient, once the operation that made it has been reversed.</summary>
    /// <param name="tensor">The tensor that nothing reads any more.</param>
    public void Free(Tensor tensor)
    {
        if (LoraDebug.CheckNumbers)
        {
            _numbers.VerifyWritten();
        }

        if (!tensor.IsPinned)
        {
            GiveBack(tensor);
        }

        if (tensor.GradientOrNull is { } gradient)
        {
            GiveBack(gradient);
            tensor.GradientOrNull = null;
        }
    }

    /// <summary>Gives back a result and what was saved with it.</summary>
    /// <param name="tensor">The result.</param>
    /// <param name="saved">What its operation saved.</param>
    public void Free(Tensor tensor, Tensor saved)
    {
        Free(tensor);
        Free(saved);
    }

    /// <summary>Starts a backward pass: adds to the gradient of its value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="gradient">The gradient of a loss with respect to it, of the same shape.</param>
    public void Seed(Tensor value, Tensor gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        if (value.FullShape != gradient.FullShape)
        {
            throw new ArgumentException($"The gradient of a value of shape {value.FullShape} has the same shape; it was given {gradient.FullShape}.", nameof(gradient));
        }

        if (LoraDebug.CheckNumbers)
        {
            NumberCheck.Verify("The gradient that was given to Backward", gradient.Span, gradient.FullShape);
        }

        if (GradientInto(value) is { } target)
        {
            TensorPrimitives.Add(target.Span, gradient.Span, target.Span);
        }
    }

    /// <summary>
    /// The gradient of a tensor, to be read: what later operations have added up so far, or zeros. Who adds to it asks for <see cref="InputGradient"/>, as others may
    /// share its elements. That of a tensor from outside is read by nobody, and is forgotten: the tensor may take part in another model's step at the same time.
    /// </summary>
    /// <param name="tensor">A tensor that took part in this step.</param>
    public Tensor Gradient(Tensor tensor)
    {
        if (tensor.Owner == this && tensor.GradientOrNull is { } known)
        {
            Watch(known);
            return known;
        }

        BeginBackward();
        Tensor gradient = Rent(tensor.FullShape);
        Watch(gradient);
        gradient.MarkPendingZero();
        if (tensor.Owner == this)
        {
            tensor.GradientOrNull = gradient;
        }

        return gradient;
    }

    /// <summary>Where an operation adds the gradient of an input: null where the input needs none.</summary>
    /// <param name="tensor">An input of the operation, or null where it was given none.</param>
    public Tensor? GradientInto(Tensor? tensor) => tensor is { NeedsGradient: true } && tensor.Owner == this ? InputGradient(tensor) : null;

    /// <summary>Where an operation adds the gradient of an input, whether that needs one or not.</summary>
    /// <param name="tensor">An input of the operation.</param>
    public Tensor InputGradient(Tensor tensor) => Unshared(Gradient(tensor));

    /// <summary>
    /// Where an operation that is the last to read an input adds its gradient: in the memory of the input, unless a derivative elsewhere reads that, or has
    /// added to the gradient already. Null where the input needs none.
    /// </summary>
    /// <param name="tensor">An input of the operation, or null where it was given none.</param>
    public Tensor? GradientOver(Tensor? tensor)
    {
        if (LoraDebug.CheckNumbers || tensor is not { NeedsGradient: true, IsRented: true, IsKept: false, GradientOrNull: null } || tensor.Owner != this)
        {
            return GradientInto(tensor);
        }

        // The derivative still reads the memory through the input, which no longer gives it back.
        BeginBackward();
        tensor.IsRented = false;
        Tensor gradient = Node(tensor.FullShape, tensor.Memory, isRented: true, needsGradient: false);
        gradient.MarkPendingZero();
        gradient.IsOverInput = true;
        tensor.GradientOrNull = gradient;
        return gradient;
    }

    /// <summary>The key of the step's next random call.</summary>
    public RandomKey NextKey()
    {
        RandomKey key = NextRandomKey;
        NextRandomKey = key with { Call = key.Call + 1 };
        return key;
    }

    /// <summary>Takes back everything that is rented: the start of a step.</summary>
    internal void Reset(RandomKey firstKey)
    {
        _numbers.Clear();
        for (int i = 0; i < _rentedCount; i++)
        {
            Tensor tensor = _rented[i];
            GiveBack(tensor);
            tensor.GradientOrNull = null;
            if (tensor.IsPinned)
            {
                _rented[i] = Rested(tensor);
            }
        }

        RetireFree();
        _rentedCount = 0;
        _isBackward = false;
        NextRandomKey = firstKey;
    }

    private void Watch(Tensor gradient)
    {
        if (LoraDebug.CheckNumbers && Computes)
        {
            _numbers.Verify();
            _numbers.Watch(gradient, isGradient: true);
        }
    }

    private void BeginBackward()
    {
        if (!_isBackward)
        {
            _isBackward = true;
            SavedBytes = Math.Max(SavedBytes, _usedBytes);
        }
    }

    private Tensor Node(TensorShape shape, TensorMemory memory, bool isRented, bool needsGradient)
    {
        if (_rentedCount == _rented.Count)
        {
            _rented.Add(New(shape, memory));
        }

        Tensor tensor = _rented[_rentedCount++];
        tensor.Rebind(shape, memory, isRented, needsGradient);
        return tensor;
    }

    // Sets a tensor aside, and gives back the one that has been aside for longest.
    private Tensor Rested(Tensor tensor)
    {
        while (_resting.Count < RestingTensors)
        {
            _resting.Enqueue(New(tensor.FullShape, default));
        }

        Tensor rested = _resting.Dequeue();
        _resting.Enqueue(tensor);
        return rested;
    }

    private Tensor New(TensorShape shape, TensorMemory memory) => new(shape, memory) { Owner = this };

    private TensorMemory TakeForUse(int length)
    {
        TensorMemory memory = Take(length);
        _usedBytes += sizeof(float) * (long)length;
        _usedAtMost = Math.Max(_usedAtMost, _usedBytes);
        if (FillsWithNaN && Computes)
        {
            memory.Span(length).Fill(float.NaN);
        }

        return memory;
    }

    private TensorMemory Take(int length)
    {
        // The smallest free memory that is large enough, and not so large that a later tensor would miss it.
        int free = _free.FitFor(length);
        int idle = _idle.FitFor(length);
        if (Math.Min(free, idle) <= Math.Max(256, length + (length / 4)))
        {
            return (free <= idle ? _free : _idle).Take(length);
        }

        // What steps of other shapes have left, where there is much of it.
        if (idle < int.MaxValue && AllocatedBytes + (sizeof(float) * (long)length) > _mostBytes)
        {
            return _idle.Take(length);
        }

        TensorMemory fresh = Computes ? TensorMemory.Allocate(length) : TensorMemory.Measured(length);
        AllocatedBytes += fresh.Bytes;
        while (AllocatedBytes > _mostBytes && _idle.Count > 0)
        {
            AllocatedBytes -= _idle.TakeLargest().Bytes;
        }

        return fresh;
    }

    // The first step shows what this model's steps take for each byte that they use at most. Where steps of other shapes have come to hold more, all begins anew.
    private void RetireFree()
    {
        if (_usedAtMost == 0)
        {
            return;
        }

        if (_bytesPerUsed == 0)
        {
            _bytesPerUsed = (double)AllocatedBytes / _usedAtMost;
        }

        _mostBytes = (long)(ShapesTogether * _bytesPerUsed * _usedAtMost) + SmallTensors;
        _free.MoveAllTo(_idle);
        if (AllocatedBytes > _mostBytes)
        {
            _idle.Clear();
            AllocatedBytes = 0;
        }
    }

    private void GiveBack(Tensor tensor)
    {
        if (!tensor.IsRented)
        {
            return;
        }

        TensorMemory memory = tensor.Memory;
        bool isShared = tensor.LeaveSharers(default);
        tensor.Unbind();
        if (isShared)
        {
            return;
        }

        _usedBytes -= sizeof(float) * (long)tensor.Length;
        if (FillsWithNaN && Computes)
        {
            memory.Span(memory.Capacity).Fill(float.NaN);
        }

        _free.Add(memory);
    }
}
