extern alias reference;

using System.Reflection;
using R = reference::Lora;

namespace Lora.Tests.Operations;

/// <summary>One call of an operation, and what it is in double precision.</summary>
/// <param name="Label">What a test's name says of it.</param>
/// <param name="Operation">The method with the <c>[Derivative]</c>.</param>
/// <param name="Target">The layer, for the operations of layers.</param>
/// <param name="Arguments">The arguments; an int[] stands for a span.</param>
/// <param name="Parameters">The layer's parameters that the backward adds gradients of.</param>
/// <param name="Reference">The result, a tensor or a double, of the tensors among the arguments and then the parameters' values.</param>
internal sealed record OperationCase(
    string Label, MethodInfo Operation, object? Target, object?[] Arguments, Parameter[] Parameters, Func<R.Tensor[], object> Reference)
{
    /// <summary>How far the value may lie from the reference, relative to its norm.</summary>
    public double ValueTolerance { get; init; } = 2e-6;

    /// <summary>A call of an operation of <see cref="Nn"/>, found by its name and the types of the arguments.</summary>
    public static OperationCase Of(string name, object?[] arguments, Func<R.Tensor[], object> reference) => On(typeof(Nn), name, arguments, reference);

    /// <summary>A call of a static operation of any type.</summary>
    public static OperationCase On(Type type, string name, object?[] arguments, Func<R.Tensor[], object> reference) =>
        new(Describe(name, arguments), Find(type, name, arguments), null, arguments, [], reference);

    /// <summary>A call of a layer's operation.</summary>
    public static OperationCase OfLayer(
        Layer layer, string note, object?[] arguments, Parameter[] parameters, Func<R.Tensor[], object> reference) =>
        new(
            Describe($"{layer.GetType().Name} {note}", arguments), Find(layer.GetType(), "Forward", arguments), layer, arguments, parameters, reference);

    /// <summary>The same case with a word more in its label.</summary>
    public OperationCase As(string note) => this with { Label = $"{Label} {note}" };

    private static string Describe(string name, object?[] arguments)
    {
        IEnumerable<string> parts = arguments.Select(argument => argument switch
        {
            null => "null",
            Tensor tensor => tensor.FullShape.ToString(),
            int[] values => values.Length <= 4 ? $"({string.Join(", ", values)})" : $"({values.Length} integers)",
            Embedding => "embedding",
            RotaryEmbedding rotary => $"{rotary.Layout} {rotary.HeadDim}",
            _ => FormattableString.Invariant($"{argument}"),
        });
        return $"{name} {string.Join(" ", parts)}";
    }

    private static MethodInfo Find(Type type, string name, object?[] arguments)
    {
        bool Takes(MethodInfo method)
        {
            ParameterInfo[] parameters = method.GetParameters();
            return method.Name == name && method.IsDefined(typeof(DerivativeAttribute)) && parameters.Length == arguments.Length
                && parameters.Zip(arguments).All(pair => pair.Second switch
                {
                    null => !pair.First.ParameterType.IsValueType,
                    int[] => pair.First.ParameterType == typeof(ReadOnlySpan<int>),
                    { } value => pair.First.ParameterType == value.GetType(),
                });
        }

        return type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance).Single(Takes);
    }
}
