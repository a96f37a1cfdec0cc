namespace Lora;

/// <summary>How the down projection A [in, r] of an adapter is drawn. B always starts at zero.</summary>
public enum LoraInit
{
    /// <summary>Kaiming-uniform with a = √5 and fan-in = in features: <c>U(-1/√in, 1/√in)</c>, as PEFT and <c>nn.Linear</c>.</summary>
    KaimingUniform,

    /// <summary>
    /// <c>U(-1/√r, 1/√r)</c>: what the textbook code <c>kaiming_uniform_(empty(in, r), a=√5)</c> draws,
    /// which takes the second dimension, the rank, for the fan-in.
    /// </summary>
    KaimingUniformOverRank,

    /// <summary>Normal with standard deviation <c>1/r</c>, PEFT's "gaussian".</summary>
    Gaussian,
}
