namespace Lora;

// The attributes that a model's text may name. They mean nothing here.

[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class LoraAttribute : Attribute
{
    public int Rank { get; set; } = 4;

    public double Alpha { get; set; } = 1;

    public LoraInit Init { get; set; }

    public bool UseRsLora { get; set; }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class DifferentiableAttribute : Attribute
{
    public bool Checkpoint { get; set; }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class DerivativeAttribute(string backward) : Attribute
{
    public string Backward { get; } = backward;

    public Reads Reads { get; set; }

    public string? Into { get; set; }

    public string? Shape { get; set; }

    public string? Saves { get; set; }

    public bool InPlace { get; set; }

    public string? Dimensions { get; set; }

    public string? GradientOver { get; set; }

    public string[]? SharesGradient { get; set; }

    public bool Recompute { get; set; }

    public Type? Declaring { get; set; }
}

[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Method | AttributeTargets.Property)]
public sealed class NoDerivativeAttribute : Attribute;

[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class TrainableAttribute : Attribute;

[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class StateNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
