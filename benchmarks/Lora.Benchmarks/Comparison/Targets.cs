namespace Lora.Benchmarks;

/// <summary>What a row's time is held to.</summary>
/// <param name="Share">The least share of the bound.</param>
/// <param name="Ratio1">TorchSharp's time over ours, on one thread.</param>
/// <param name="Ratio2">The same on two.</param>
internal sealed record Targets(double Share, double Ratio1, double Ratio2)
{
    public const string ShareName = "share of the bound";
    public const string RatioName = "TorchSharp's time over ours";

    /// <summary>Above this the bound itself is wrong.</summary>
    public const double LargestShare = 1.02;

    public double Ratio(int threads) => threads == 1 ? Ratio1 : Ratio2;

    /// <summary>Judges our time and the peer's, which may be missing; all in one unit.</summary>
    /// <remarks>A ratio that would need more than the share asked for is satisfied by that share.</remarks>
    public IReadOnlyList<Criterion> Judge(double ours, double? peer, double bound, int threads, double largestShare = LargestShare)
    {
        double share = bound / ours;
        bool shareMet = share >= Share && share <= largestShare;
        var criteria = new List<Criterion> { new(ShareName, share, Share, shareMet) };
        if (peer is { } time)
        {
            double needed = Ratio(threads);
            bool asksForMore = bound / (time / needed) > Share;
            criteria.Add(new Criterion(RatioName, time / ours, needed, time / ours >= needed || (asksForMore && shareMet)));
        }

        return criteria;
    }
}
