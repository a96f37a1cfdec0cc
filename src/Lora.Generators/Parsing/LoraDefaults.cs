namespace Lora.Generators;

/// <summary>The defaults of the runtime's <c>LoraAttribute</c>.</summary>
internal static class LoraDefaults
{
    public const int Rank = 4;
    public const float Alpha = 1;
}
