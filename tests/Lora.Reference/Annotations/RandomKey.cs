namespace Lora;

public readonly record struct RandomKey(ulong Seed, int Step, int Call)
{
    public bool IsTraining => Call > 0;
}
