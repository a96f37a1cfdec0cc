using System.Collections.Immutable;

namespace Lora.Generators;

/// <summary>What a diagnostic tells its code fix: what to do, and with which value. It travels in the diagnostic's properties.</summary>
internal sealed class Fix
{
    /// <summary>The key of the rank to write: an integer.</summary>
    public const string Rank = nameof(Rank);

    /// <summary>The key of the alpha to write: an integer.</summary>
    public const string Alpha = nameof(Alpha);

    /// <summary>Add <c>partial</c> to the class and the types around it.</summary>
    public const string Partial = nameof(Partial);

    /// <summary>Remove the attribute.</summary>
    public const string Remove = nameof(Remove);

    /// <summary>Write <c>[Lora]</c> for <c>[field: Lora]</c>.</summary>
    public const string RemoveTarget = nameof(RemoveTarget);

    /// <summary>The key of the name to write instead.</summary>
    public const string Name = nameof(Name);

    /// <summary>Wrap the expression in <c>Nn.Stop(…)</c>.</summary>
    public const string Stop = nameof(Stop);

    /// <summary>Wrap the call's arguments that are tensors or numbers in <c>Nn.Stop(…)</c>.</summary>
    public const string StopArguments = nameof(StopArguments);

    /// <summary>The key of the method to mark <c>[Differentiable]</c>.</summary>
    public const string Differentiable = nameof(Differentiable);

    /// <summary>Mark the parameter <c>[NoDerivative]</c>.</summary>
    public const string NoDerivative = nameof(NoDerivative);

    /// <summary>The key of the method to declare: its text. <see cref="Name"/> is its name.</summary>
    public const string Declaration = nameof(Declaration);

    /// <summary>The key of what <c>Reads</c> must say.</summary>
    public const string Reads = nameof(Reads);

    private Fix(ImmutableDictionary<string, string?> properties) => Properties = properties;

    public static Fix None { get; } = new(ImmutableDictionary<string, string?>.Empty);

    public ImmutableDictionary<string, string?> Properties { get; }

    public static Fix Of(string key, string value = "") => None.And(key, value);

    public Fix And(string key, string value = "") => new(Properties.SetItem(key, value));
}
