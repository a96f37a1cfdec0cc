using System.CommandLine;

namespace Lora.Cli;

/// <summary>The options of a new adapter.</summary>
internal sealed class AdapterOptions
{
    private const string RegexPrefix = "regex:";
    private const string AllLinear = "all-linear";
    private const int DefaultRank = 8;

    public Option<int> Rank { get; } = new Option<int>("--rank") { HelpName = "N", Description = "Rank of the adapters.", DefaultValueFactory = _ => DefaultRank }.AtLeast(1);

    public Option<float?> Alpha { get; } = new("--alpha") { HelpName = "X", Description = "Numerator of the scaling alpha / rank; by default 2 · rank." };

    public Option<string[]> Targets { get; } = new("--targets")
    {
        HelpName = "LIST",
        Description = "Layers that get one: q_proj,v_proj (ends of their names), all-linear, or regex:… for the whole name. By default q_proj,v_proj; c_attn for GPT-2; query,value for BERT.",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<bool> RsLora { get; } = new("--rslora") { Description = "Scale by alpha / √rank (rsLoRA)." };

    public Option<bool> Dora { get; } = new("--dora") { Description = "Train the weights' magnitudes apart from their directions (DoRA)." };

    public Option<float> Dropout { get; } = new("--dropout") { HelpName = "P", Description = "Share of an adapter's inputs that a step leaves out." };

    public IEnumerable<Option> All => [Rank, Alpha, Targets, RsLora, Dora, Dropout];

    /// <summary>What the command line says.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model, whose layers' names choose the targets where none are given.</param>
    public LoraOptions Read(ParseResult parsed, ILoraModel model)
    {
        int rank = parsed.GetValue(Rank);
        string[] given = parsed.GetValue(Targets) ?? [];
        var options = new LoraOptions
        {
            Rank = rank,
            Alpha = parsed.GetValue(Alpha) ?? 2 * rank,
            UseRsLora = parsed.GetValue(RsLora),
            UseDora = parsed.GetValue(Dora),
            Dropout = parsed.GetValue(Dropout),
            TargetMatching = TargetMatching.Suffix,
        };
        return given switch
        {
            [] => options with { TargetModules = DefaultTargets(model) },
            [var one] when one.Equals(AllLinear, StringComparison.OrdinalIgnoreCase) => options with { TargetMatching = TargetMatching.AllLinear },
            [var one] when one.StartsWith(RegexPrefix, StringComparison.Ordinal) => options with { TargetMatching = TargetMatching.Regex, TargetModules = [one[RegexPrefix.Length..]] },
            _ => options with { TargetModules = CommonOptions.Parts(given) },
        };
    }

    // PEFT's choice for the families.
    private static string[] DefaultTargets(ILoraModel model)
    {
        string[][] known = [["q_proj", "v_proj"], ["c_attn"], ["query", "value"], ["q_lin", "v_lin"]];
        HashSet<string> names = [.. model.NamedLinears().Select(named => named.Path[(named.Path.LastIndexOf('.') + 1)..])];
        return known.FirstOrDefault(targets => targets.All(names.Contains))
            ?? throw new ArgumentException($"--targets is missing: this model has none of the usual layers, but {string.Join(", ", names.Order(StringComparer.Ordinal))}.");
    }
}
