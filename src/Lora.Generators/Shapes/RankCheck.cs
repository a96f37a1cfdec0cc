using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>Holds the ranks of <c>[Lora]</c> members to the dimensions of their layers, as far as these are known.</summary>
internal static class RankCheck
{
    public static void Verify(ClassScope scope, Action<Diagnostic> report)
    {
        foreach (ISymbol member in scope.Type.GetMembers())
        {
            if (AdaptedDimensions.Of(member, scope) is { } layer && layer.Rank >= 1)
            {
                Verify(member, layer, report);
            }
        }
    }

    private static void Verify(ISymbol member, AdaptedDimensions layer, Action<Diagnostic> report)
    {
        long?[] known = [.. new[] { layer.In.Value.Constant, layer.Out.Value.Constant }.Where(size => size > 0)];
        if (known.Length == 0)
        {
            return;
        }

        long smaller = known.Min()!.Value;
        if (layer.Rank > smaller)
        {
            report(Diagnostic.Create(
                Descriptors.RankTooLarge, member.Locations[0], With(smaller).Properties, member.Name, layer.Rank, smaller, $", of [{layer.In.Text}, {layer.Out.Text}]"));
            return;
        }

        // With one side n known, r·(n + x) ≥ n·x holds for every x where r = n.
        if (known.Length == 1 ? layer.Rank == smaller : layer.Parameters >= layer.Weights)
        {
            long best = known.Length == 1 ? smaller / 2 : ((layer.Weights!.Value - 1) / (known[0]!.Value + known[1]!.Value));
            report(Diagnostic.Create(
                Descriptors.RankSavesNothing, member.Locations[0], (best >= 1 ? With(best) : Fix.None).Properties,
                member.Name, layer.Rank, layer.ParametersText, layer.WeightsText,
                best >= 1 ? $"Write a rank of at most {best.ToString(CultureInfo.InvariantCulture)}" : "No rank does: train the layer itself with [Trainable]"));
        }
    }

    private static Fix With(long rank) => Fix.Of(Fix.Rank, rank.ToString(CultureInfo.InvariantCulture));
}
