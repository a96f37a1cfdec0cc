using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>What a lowered call was in the user's code. It never goes into the pipeline.</summary>
internal sealed record CallOrigin(
    IOperation Operation, IMethodSymbol Target, IOperation? Receiver, IReadOnlyList<(IParameterSymbol Parameter, IOperation? Value)> Arguments, DimensionRule? Dimensions);

/// <summary>The origins of a method's calls, by the values that they result in.</summary>
internal sealed class CallOrigins : Dictionary<int, CallOrigin>;
