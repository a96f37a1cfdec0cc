namespace Lora;

/// <summary>
/// On a parameter: a tensor or float that no gradient flows to. On a method or property: its result is a constant of
/// the differentiation, whatever it was computed from.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Method | AttributeTargets.Property)]
public sealed class NoDerivativeAttribute : Attribute;
