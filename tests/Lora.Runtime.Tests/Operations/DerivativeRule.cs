using System.Reflection;

namespace Lora.Tests.Operations;

/// <summary>An operation with the companions that its <c>[Derivative]</c> names, bound by parameter names as generated code binds them.</summary>
internal sealed class DerivativeRule
{
    private const BindingFlags Companions =
        BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private readonly ParameterInfo[] _parameters;
    private readonly List<MethodInfo> _candidates;
    private readonly DerivativeAttribute _attribute;

    public DerivativeRule(MethodInfo operation)
    {
        Operation = operation;
        _attribute = operation.GetCustomAttribute<DerivativeAttribute>()
            ?? throw new InvalidOperationException($"{operation} has no [Derivative].");
        _parameters = operation.GetParameters();
        Type declaring = _attribute.Declaring ?? operation.DeclaringType!;
        _candidates = [.. declaring.GetMethods(Companions).Where(method => method.IsStatic == operation.IsStatic).Select(Close)];
        Shape = BindByOwnParameters(_attribute.Shape, typeof(TensorShape), []);
        Saves = BindByOwnParameters(_attribute.Saves, typeof(TensorShape), []);
        string[] written = [.. ReturnsTensor ? ["result"] : Array.Empty<string>(), .. Saves is null ? Array.Empty<string>() : ["saved"]];
        Into = BindByOwnParameters(_attribute.Into, ReturnsTensor ? typeof(void) : typeof(float), written);
        Backward = BindBackward();
    }

    public MethodInfo Operation { get; }

    public MethodInfo? Shape { get; }

    public MethodInfo? Saves { get; }

    public MethodInfo? Into { get; }

    public MethodInfo Backward { get; }

    public bool InPlace => _attribute.InPlace;

    public bool ReturnsTensor => Operation.ReturnType == typeof(Tensor);

    /// <summary>The positions of the tensors that have a gradient.</summary>
    public IEnumerable<int> Differentiable =>
        Enumerable.Range(0, _parameters.Length).Where(i => IsTensor(_parameters[i]) && !IsConstant(_parameters[i]));

    /// <summary>The positions of the tensors, constants among them.</summary>
    public IEnumerable<int> Tensors => Enumerable.Range(0, _parameters.Length).Where(i => IsTensor(_parameters[i]));

    public string NameOf(int parameter) => _parameters[parameter].Name!;

    /// <summary>Whether the backward says that it can do without the gradient of an input.</summary>
    public bool MayBeNull(int parameter)
    {
        ParameterInfo gradient = Backward.GetParameters().Single(candidate => candidate.Name == GradientName(_parameters[parameter]));
        return new NullabilityInfoContext().Create(gradient).WriteState == NullabilityState.Nullable;
    }

    public void RunBackward(object? target, object?[] arguments, Tensor? result, Tensor? saved, object gradResult, IReadOnlyDictionary<int, Tensor?> gradients) =>
        MethodThunk.Call(Backward, target, BackwardArguments(arguments, result, saved, gradResult, gradients));

    public object?[] BackwardArguments(
        object?[] arguments, Tensor? result, Tensor? saved, object gradResult, IReadOnlyDictionary<int, Tensor?> gradients)
    {
        ParameterInfo[] parameters = Backward.GetParameters();
        object?[] values = new object?[parameters.Length];
        for (int i = 0; i < values.Length; i++)
        {
            string name = parameters[i].Name!;
            int own = Array.FindIndex(_parameters, parameter => parameter.Name == name);
            int differentiated = Array.FindIndex(_parameters, parameter => GradientName(parameter) == name);
            values[i] = name switch
            {
                _ when own >= 0 => arguments[own],
                "result" => result,
                "saved" => saved,
                "gradResult" => gradResult,
                _ => gradients[differentiated],
            };
        }

        return values;
    }

    private static MethodInfo Close(MethodInfo method) => method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(AnyRank)) : method;

    private static bool IsTensor(ParameterInfo parameter) => parameter.ParameterType == typeof(Tensor);

    private static bool IsConstant(ParameterInfo parameter) => parameter.IsDefined(typeof(NoDerivativeAttribute));

    private static string GradientName(ParameterInfo parameter) => "grad" + char.ToUpperInvariant(parameter.Name![0]) + parameter.Name[1..];

    private static string Signature(MethodInfo method) => $"{method.DeclaringType!.Name}.{method}";

    private MethodInfo? BindByOwnParameters(string? name, Type returns, string[] written)
    {
        if (name is null)
        {
            return null;
        }

        string[] names = [.. _parameters.Select(parameter => parameter.Name!), .. written];
        Type[] types = [.. _parameters.Select(parameter => parameter.ParameterType), .. written.Select(_ => typeof(Tensor))];
        return _candidates.SingleOrDefault(method => method.Name == name && method.ReturnType == returns
                && method.GetParameters().Select(parameter => parameter.Name).SequenceEqual(names)
                && method.GetParameters().Select(parameter => parameter.ParameterType).SequenceEqual(types))
            ?? throw new InvalidOperationException($"{Signature(Operation)} names {name}, which does not take ({string.Join(", ", names)}) to {returns.Name}.");
    }

    private MethodInfo BindBackward()
    {
        MethodInfo[] fitting = [.. _candidates.Where(method => method.Name == _attribute.Backward && FaultOf(method) is null)];
        if (fitting.Length == 1)
        {
            return fitting[0];
        }

        string faults = string.Join("; ", _candidates.Where(method => method.Name == _attribute.Backward).Select(FaultOf));
        throw new InvalidOperationException($"{Signature(Operation)} has {fitting.Length} backward methods {_attribute.Backward} that fit. {faults}");
    }

    private string? FaultOf(MethodInfo backward)
    {
        bool readsInputs = false;
        bool readsResult = false;
        bool hasGradient = false;
        var gradients = new HashSet<string>();
        foreach (ParameterInfo parameter in backward.GetParameters())
        {
            ParameterInfo? own = _parameters.SingleOrDefault(candidate => candidate.Name == parameter.Name);
            if (own is not null)
            {
                if (own.ParameterType != parameter.ParameterType)
                {
                    return $"'{parameter.Name}' has another type";
                }

                readsInputs |= IsTensor(own);
            }
            else if (parameter.Name == "result" && ReturnsTensor && IsTensor(parameter))
            {
                readsResult = true;
            }
            else if (parameter.Name == "gradResult" && parameter.ParameterType == Operation.ReturnType)
            {
                hasGradient = true;
            }
            else if (_parameters.Any(candidate => IsTensor(candidate) && GradientName(candidate) == parameter.Name) && IsTensor(parameter))
            {
                gradients.Add(parameter.Name!);
            }
            else if (parameter.Name != "saved" || Saves is null || !IsTensor(parameter))
            {
                return $"'{parameter.Name}' is none of the operation's";
            }
        }

        if (!hasGradient)
        {
            return "there is no 'gradResult'";
        }

        if (Differentiable.FirstOrDefault(i => !gradients.Contains(GradientName(_parameters[i])), -1) is var missing and >= 0)
        {
            return $"there is no '{GradientName(_parameters[missing])}'";
        }

        return readsInputs == _attribute.Reads.HasFlag(Reads.Inputs) && readsResult == _attribute.Reads.HasFlag(Reads.Result)
            ? null
            : $"it reads other tensors than {_attribute.Reads} says";
    }
}
