namespace Lora;

/// <summary>Which tensors of an operation its backward reads.</summary>
[Flags]
public enum Reads
{
    /// <summary>None: the gradient of the result is enough.</summary>
    Nothing = 0,

    /// <summary>The input tensors that the backward names.</summary>
    Inputs = 1,

    /// <summary>
    /// The input tensors that the backward names, where one of the layers that the operation is called on or with is trained. Where none is,
    /// the backward is given tensors that have their shapes still, but no elements.
    /// </summary>
    InputsWhereTrained = Inputs | 4,

    /// <summary>The result.</summary>
    Result = 2,

    /// <summary>Inputs and result.</summary>
    Both = Inputs | Result,
}
