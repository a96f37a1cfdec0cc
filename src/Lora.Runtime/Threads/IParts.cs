namespace Lora;

/// <summary>Work in parts that may be computed in any order and on any thread: no part reads what another writes, so that the result never depends on who computes it.</summary>
internal interface IParts
{
    void Run(int part);
}
