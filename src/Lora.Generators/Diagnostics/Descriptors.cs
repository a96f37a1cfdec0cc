using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>Every diagnostic, in the order of its id.</summary>
internal static class Descriptors
{
    public static readonly DiagnosticDescriptor NotPartial = Error(
        "LORA0001", "Usage", "A model class cannot be extended",
        "Cannot generate members for '{0}': {1}. {2}.");

    public static readonly DiagnosticDescriptor NotAdaptable = Error(
        "LORA0002", "Usage", "A member cannot carry an adapter",
        "Cannot adapt '{0}': {1}. {2}.");

    public static readonly DiagnosticDescriptor RankTooSmall = Error(
        "LORA0003", "Usage", "The rank is less than 1",
        "Cannot adapt '{0}': the rank is {1}. Write a rank of at least 1; a common choice is 8.");

    public static readonly DiagnosticDescriptor RankTooLarge = Error(
        "LORA0004", "Usage", "The rank is larger than the layer",
        "Cannot adapt '{0}': the rank {1} is larger than the smaller dimension of the layer, {2}{3}. Write a rank of at most {2}.");

    public static readonly DiagnosticDescriptor RankSavesNothing = Warning(
        "LORA0005", "Usage", "The adapter trains no fewer parameters than the layer has",
        "The adapter of '{0}' saves nothing: with rank {1} it has {2} parameters, and the layer's weight {3}. {4}.");

    public static readonly DiagnosticDescriptor AlphaNotPositive = Error(
        "LORA0006", "Usage", "Alpha is not a positive finite number",
        "Cannot adapt '{0}': alpha is {1}. Write a positive finite number; a common choice is twice the rank.");

    public static readonly DiagnosticDescriptor SameStateName = Error(
        "LORA0007", "Usage", "Two members have the same state name",
        "Cannot name the state of '{0}': '{1}' has the name '{2}' too. Write [StateName(\"…\")] on one of them.");

    public static readonly DiagnosticDescriptor NoSuchLayer = Warning(
        "LORA0008", "Usage", "A target that no layer's name contains",
        "ApplyLora finds no layer for '{0}' in '{1}': {2}. {3}.");

    public static readonly DiagnosticDescriptor NeverRead = Warning(
        "LORA0009", "Usage", "An adapter that would never train",
        "The adapter of '{0}' would never train: no [Differentiable] method reads '{0}'. Use the layer in one, or remove [Lora].");

    public static readonly DiagnosticDescriptor NameTaken = Error(
        "LORA0010", "Usage", "A generated name is taken",
        "Cannot generate '{0}' in '{1}': the class declares a member of that name. Rename that member.");

    public static readonly DiagnosticDescriptor TiedAdapter = Error(
        "LORA0011", "Usage", "An adapter on one side of tied weights",
        "Cannot adapt '{0}': its table is the head's weights too, by Nn.Project in '{1}', and an adapter would change one side alone. Remove [Lora], or give the head a Linear of its own.");

    public static readonly DiagnosticDescriptor ShapeMismatch = Error(
        "LORA1001", "Shapes", "Dimensions that cannot match",
        "Cannot compute '{0}': {1}; {2}. Give both the same dimension.");

    public static readonly DiagnosticDescriptor Unsupported = Error(
        "LORA2001", "Differentiation", "A construct that cannot be differentiated",
        "Cannot differentiate {0}. {1}.");

    public static readonly DiagnosticDescriptor NoDerivative = Error(
        "LORA2002", "Differentiation", "A call without a derivative",
        "Cannot differentiate the call of '{0}': {1}. {2}.");

    public static readonly DiagnosticDescriptor Mutation = Error(
        "LORA2003", "Differentiation", "Tensor data is changed in place",
        "Cannot differentiate {0}: it changes tensor data in place. Compute a new tensor with operations instead.");

    public static readonly DiagnosticDescriptor DataDependent = Error(
        "LORA2004", "Differentiation", "Control flow depends on tensor data",
        "Cannot differentiate {0}: it depends on the tensor data of '{1}'. Compute it from Nn.Stop(…), or outside the method.");

    public static readonly DiagnosticDescriptor Write = Error(
        "LORA2005", "Differentiation", "A write outside the method",
        "Cannot differentiate the write to '{0}': it outlives the method. Return the value instead.");

    public static readonly DiagnosticDescriptor Escape = Error(
        "LORA2006", "Differentiation", "Tensor data escapes",
        "Cannot differentiate the use of '{0}' here: {1}. Use it in operations of this body directly, or wrap it in Nn.Stop(…).");

    public static readonly DiagnosticDescriptor NotDifferentiable = Error(
        "LORA2007", "Differentiation", "A type that is neither differentiable nor a constant",
        "Cannot differentiate '{0}': {1}. {2}.");

    public static readonly DiagnosticDescriptor Constant = Warning(
        "LORA2008", "Differentiation", "The result has no gradient",
        "The result of '{0}' depends on no layer, no trainable member and no tensor parameter: its gradient is always zero. Use a layer of the class, or remove [Differentiable].");

    public static readonly DiagnosticDescriptor Dispatch = Error(
        "LORA2009", "Differentiation", "Virtual dispatch or recursion",
        "Cannot differentiate the call of '{0}': {1}. {2}.");

    public static readonly DiagnosticDescriptor GeneratedMember = Error(
        "LORA2010", "Differentiation", "A generated member in a differentiable body",
        "Cannot differentiate the use of '{0}': it is generated, and does not exist yet when the body is read. {1}.");

    public static readonly DiagnosticDescriptor BadRule = Error(
        "LORA2011", "Differentiation", "A derivative that does not fit its operation",
        "Cannot use the derivative of '{0}': {1}. Expected: {2}.");

    public static readonly DiagnosticDescriptor LanguageTooOld = Error(
        "LORA9001", "Host", "The language version is too old",
        "Cannot generate the members of '{0}': they need C# {1}, and this project is compiled as C# {2}. Remove <LangVersion> from the project, or set it to {1} or later.");

    private static DiagnosticDescriptor Error(string id, string family, string title, string message) => Rule(id, family, title, message, DiagnosticSeverity.Error);

    private static DiagnosticDescriptor Warning(string id, string family, string title, string message) => Rule(id, family, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Rule(string id, string family, string title, string message, DiagnosticSeverity severity) =>
        new(id, title, message, "Lora." + family, severity, isEnabledByDefault: true, helpLinkUri: HelpLink.For(id));
}
