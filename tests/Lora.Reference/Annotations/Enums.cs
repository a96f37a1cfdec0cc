namespace Lora;

[Flags]
public enum Reads
{
    Nothing = 0,
    Inputs = 1,
    InputsWhereTrained = Inputs | 4,
    Result = 2,
    Both = Inputs | Result,
}

public enum LoraInit
{
    KaimingUniform,
    KaimingUniformOverRank,
    Gaussian,
}

public enum RotaryLayout
{
    HalfSplit,
    Interleaved,
}
