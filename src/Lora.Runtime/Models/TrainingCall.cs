using System.ComponentModel;

namespace Lora;

/// <summary>One call of a generated training member: it has the model's workspace to itself until it is disposed.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct TrainingCall : IDisposable
{
    private readonly ModelState _state;

    internal TrainingCall(ModelState state, int number)
    {
        _state = state;
        Number = number;
    }

    /// <summary>Tells the calls on one model apart.</summary>
    public int Number { get; }

    /// <summary>The memory of the call.</summary>
    public Workspace Workspace => _state.Workspace;

    /// <summary>Ends the call.</summary>
    public void Dispose() => _state.EndCall();
}
