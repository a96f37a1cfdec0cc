namespace Lora;

// The forms that serve any rank, called by themselves: what the forms compiled for a rank are measured against.
internal static partial class LowRank
{
    public static void DownOfAnyRank(in ThinJob job) => DownProduct.RunAny(job);

    public static void AddUpOfAnyRank(in ThinJob job) => UpProduct.RunAny(job);
}
