namespace Lora;

/// <summary>
/// The memory of tensors that a short computation makes and forgets, such as reading one token more: kept for the next one, which so finds pages that the
/// system has given already.
/// </summary>
internal sealed class TransientMemory
{
    [ThreadStatic]
    private static TransientMemory? _open;

    private readonly FreeMemory _free = new();
    private readonly List<TensorMemory> _taken = [];

    /// <summary>Memory for a tensor: of what is open on this thread, or of its own.</summary>
    public static TensorMemory Take(int length) => _open is { } open ? open.TakeOne(length) : TensorMemory.Allocate(length);

    /// <summary>
    /// From here to the end of the scope, this thread's new tensors take their memory here. They may be read until the next scope; then others overwrite them.
    /// </summary>
    public Scope Open()
    {
        foreach (TensorMemory memory in _taken)
        {
            _free.Add(memory);
        }

        _taken.Clear();
        return new Scope(this);
    }

    private TensorMemory TakeOne(int length)
    {
        TensorMemory memory = _free.FitFor(length) <= Math.Max(256, 2L * length) ? _free.Take(length) : TensorMemory.Allocate(length);
        _taken.Add(memory);
        return memory;
    }

    public readonly ref struct Scope
    {
        private readonly TransientMemory? _before;

        internal Scope(TransientMemory memory)
        {
            _before = _open;
            _open = memory;
        }

        public void Dispose() => _open = _before;
    }
}
