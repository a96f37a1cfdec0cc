extern alias reference;

using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Reference = reference::Lora;

namespace Lora.Generators.Tests;

/// <summary>
/// Holds one program, from its text, to what it says. The text is compiled twice: with the generator against the runtime, and rewritten to
/// double precision against the plain reference. Both models get the same values, adapters with B ≠ 0 among them; then eager, generated
/// and double results must agree, and every gradient must be the central difference of the double program.
/// </summary>
/// <param name="source">The program.</param>
/// <param name="create">An expression that makes the model.</param>
internal sealed class ProgramCheck(string source, string create)
{
    // Where no gradient is larger, differences of values of the order of 10 have an error that is.
    private const double LeastNorm = 1e-2;

    private const int Step = 3;

    /// <summary>The differentiable method to check.</summary>
    public string Method { get; init; } = "Loss";

    /// <summary>The text of an assembly that the program references.</summary>
    public string? Library { get; init; }

    /// <summary>Adapters to apply at run time.</summary>
    public LoraOptions? ApplyLora { get; init; }

    /// <summary>Prepares the model through members that the program need not have, such as freezing a layer.</summary>
    public Action<ILoraModel>? Prepare { get; init; }

    /// <summary>Ends of the names of tensors that the result does not depend on.</summary>
    public string[] Unused { get; init; } = [];

    /// <summary>Arguments of a call between two that must give the same bits: other shapes, other ways through the body, or faulty ones.</summary>
    public object?[]? Between { get; init; }

    /// <summary>Whether the user's own body allocates, so that a steady step may too.</summary>
    public bool AllocatesByItself { get; init; }

    /// <summary>
    /// How far rounding in float32 may move a tensor's gradient, as a part of the whole gradient's norm: what reaches the result only through saturated functions is no
    /// larger than that.
    /// </summary>
    public double Noise { get; init; }

    /// <summary>Whether no parameter is trainable: inputs alone have gradients.</summary>
    public bool HasNoTrainable { get; init; }

    /// <summary>Checks the method with the given arguments: tensors, numbers, int arrays for spans of token ids, ints for enums.</summary>
    public void Verify(params object?[] arguments)
    {
        (Assembly realCode, IMethodSymbol method) = CompileReal(arguments);
        Assembly twinCode = CompileTwin(arguments);
        object real = Call(realCode, "Create");
        object twin = Call(twinCode, "Create");
        var model = (ILoraModel)real;
        _ = model.TrainableParameters;
        if (ApplyLora is { } options)
        {
            model.ApplyLora(options);
        }

        Prepare?.Invoke(model);
        var pair = new TwinModel(real, twin);
        VerifyMarks(pair);
        pair.Randomize(seed: 100);
        pair.CopyToTwin();
        List<(Parameter Parameter, Reference.Tensor Twin)> trainable = pair.Trainable();
        VerifyTrainable(model, trainable);
        object?[] twinArguments = [.. arguments.Select(TwinArgument)];
        List<float[]> frozen = Bits(pair, arguments);

        object eager;
        using (model.TrainingMode(Step))
        {
            eager = Call(realCode, "Eager", real, arguments);
        }

        Func<object> inDouble = () => WithMasks(() => Call(twinCode, "Eager", twin, twinArguments));
        float[] eagerValues = Values(eager);
        double[] doubleValues = DoubleValues(inDouble());
        CompareValues("eager", eagerValues, doubleValues, 2e-5);

        Tensor seed = eager is Tensor result ? Tensor.RandomNormal(7, result.Shape) : Tensor.Full(1, 1);
        float[] seedValues = seed.Span.ToArray();
        Func<double> functional = () => DoubleValues(inDouble()).Zip(seedValues, (value, weight) => value * weight).Sum();

        if (eager is float)
        {
            VerifyMemory(realCode, model, real, arguments, seed);
        }

        float[][] generated = Train(realCode, model, real, arguments, seed, eagerValues, out Tensor?[] inputGradients);
        double[][] differences = [.. trainable.Select(item => Differences(functional, item.Twin))];
        double noise = Noise * Math.Max(LeastNorm, Math.Sqrt(differences.Sum(values => values.Sum(value => value * value))));
        for (int i = 0; i < trainable.Count; i++)
        {
            string name = trainable[i].Parameter.Name;
            CentralDifferences.Compare(name, generated[i], differences[i], Unused.Any(end => name.EndsWith(end, StringComparison.Ordinal)), noise);
        }

        VerifyInputs(method, arguments, twinArguments, functional, inputGradients);
        VerifyRepeats(realCode, model, real, arguments, seed, eagerValues, generated);
        if (!AllocatesByItself)
        {
            VerifyAllocation(realCode, real, arguments, seed);
        }

        VerifyBits(frozen, Bits(pair, arguments));
        float[][] Train(Assembly code, ILoraModel trained, object target, object?[] given, Tensor gradient, float[] expected, out Tensor?[] inputs)
        {
            Zero(trainable);
            inputs = RunGenerated(code, trained, target, given, gradient, expected);
            return [.. trainable.Select(item => item.Parameter.Gradient.Span.ToArray())];
        }

        void VerifyRepeats(Assembly code, ILoraModel trained, object target, object?[] given, Tensor gradient, float[] expected, float[][] first)
        {
            // A step that follows on others' memory gives the same bits, and a second one adds to the first.
            if (Between is { } others)
            {
                RunBetween(code, target, others, gradient);
            }

            float[][] again = Train(code, trained, target, given, gradient, expected, out _);
            RunGenerated(code, trained, target, given, gradient, expected);
            for (int i = 0; i < first.Length; i++)
            {
                string name = trainable[i].Parameter.Name;
                if (!first[i].AsSpan().SequenceEqual(again[i]))
                {
                    throw new ProgramFaultException($"The gradient of {name} is another one in the second step.");
                }

                CentralDifferences.Compare(
                    $"{name} after two calls", trainable[i].Parameter.Gradient.Span, [.. first[i].Select(value => 2.0 * value)], mayBeZero: true);
            }
        }
    }

    private (Assembly Code, IMethodSymbol Method) CompileReal(object?[] arguments)
    {
        var assembly = new ProgramAssembly();
        List<MetadataReference> references = [];
        if (Library is not null)
        {
            CSharpCompilation library = GeneratorHarness.Generate(GeneratorHarness.Compilation("Library", GeneratorHarness.Trees(Library), GeneratorHarness.Runtime));
            byte[] libraryImage = GeneratorHarness.Emit(library);
            assembly.Load(library.AssemblyName!, libraryImage);
            references.Add(MetadataReference.CreateFromImage(libraryImage));
        }

        CSharpCompilation compilation = GeneratorHarness.Generate(GeneratorHarness.Compilation(source).AddReferences(references));
        compilation = CallWriter.AddCalls(compilation, create, Method, arguments, isGenerated: true, out IMethodSymbol method);
        return (assembly.Load(compilation.AssemblyName!, GeneratorHarness.Emit(compilation)), method);
    }

    private Assembly CompileTwin(object?[] arguments)
    {
        var assembly = new ProgramAssembly();
        List<MetadataReference> references = [];
        if (Library is not null)
        {
            CSharpCompilation library = Twin("Library", Library, references);
            byte[] libraryImage = GeneratorHarness.Emit(library);
            assembly.Load(library.AssemblyName!, libraryImage);
            references.Add(MetadataReference.CreateFromImage(libraryImage));
        }

        CSharpCompilation compilation = CallWriter.AddCalls(
            Twin("Program", source, references), DoubleRewriter.Rewrite(create), Method, [.. arguments.Select(TwinArgument)], isGenerated: false, out _);
        return assembly.Load(compilation.AssemblyName!, GeneratorHarness.Emit(compilation));
    }

    private static CSharpCompilation Twin(string name, string text, List<MetadataReference> references)
    {
        IEnumerable<SyntaxTree> trees = GeneratorHarness.Trees(text).Select(DoubleRewriter.Rewrite);
        CSharpCompilation compilation = GeneratorHarness.Compilation(name, trees, GeneratorHarness.Twin).AddReferences(references);
        GeneratorHarness.RefuseErrors(compilation);
        return compilation;
    }

    // Every member that is marked has its adapter, of the rank and scaling it is marked with, or is trained in full.
    private void VerifyMarks(TwinModel pair)
    {
        foreach (LayerPair layer in pair.Layers)
        {
            if (layer.Member?.GetCustomAttribute<LoraAttribute>() is { } mark && ApplyLora is null)
            {
                LoraAdapter adapter = ((AdaptedLayer)layer.Real).Adapter ?? throw new ProgramFaultException($"{layer.Path} is marked [Lora], and has no adapter.");
                if (adapter.Rank != mark.Rank || adapter.Alpha != mark.Alpha || adapter.Settings.UseRsLora != mark.UseRsLora || adapter.Settings.Init != mark.Init)
                {
                    throw new ProgramFaultException($"{layer.Path} has an adapter of {adapter.Settings}.");
                }
            }

            if (layer.Member?.GetCustomAttribute<TrainableAttribute>() is not null && layer.Real.IsFrozen && Prepare is null)
            {
                throw new ProgramFaultException($"{layer.Path} is marked [Trainable], and is frozen.");
            }
        }
    }

    private void VerifyTrainable(ILoraModel model, List<(Parameter Parameter, Reference.Tensor Twin)> trainable)
    {
        if (trainable.Count == 0 != HasNoTrainable)
        {
            throw new ProgramFaultException($"The model has {trainable.Count} trainable tensors.");
        }

        var expected = trainable.Select(item => item.Parameter).ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        if (!expected.SetEquals(model.TrainableParameters) || expected.Count != model.TrainableParameters.Count)
        {
            throw new ProgramFaultException(
                $"TrainableParameters are [{string.Join(", ", model.TrainableParameters)}]; the layers have [{string.Join(", ", expected)}].");
        }

        if (model.TrainableParameters.Select(parameter => parameter.Name).Distinct().Count() != expected.Count)
        {
            throw new ProgramFaultException($"Two parameters share a name: {string.Join(", ", model.TrainableParameters)}.");
        }
    }

    private static Tensor?[] RunGenerated(Assembly code, ILoraModel model, object target, object?[] arguments, Tensor seed, float[] expected)
    {
        ModelState.Of(model).NextStep = Step;
        object outcome = Call(code, "Generated", target, arguments);
        if (outcome is float loss)
        {
            CompareValues("generated", [loss], [expected[0]], 1e-6);
            return [];
        }

        Type type = outcome.GetType();
        object value = type.GetProperty("Value")?.GetValue(outcome) ?? type.GetField("Value")!.GetValue(outcome)!;
        CompareValues("generated", Values(value), [.. expected.Select(element => (double)element)], 1e-6);
        MethodInfo backward = type.GetMethod("Backward", [typeof(Tensor)]) ?? throw new ProgramFaultException($"{type} has no Backward(Tensor).");
        return Unwrapped(() => backward.Invoke(outcome, [seed])) switch
        {
            null => [],
            Tensor gradient => [Copy(gradient)],
            ITuple gradients => [.. Enumerable.Range(0, gradients.Length).Select(i => Copy((Tensor?)gradients[i]))],
            var other => throw new ProgramFaultException($"Backward returns {other.GetType()}."),
        };
    }

    private static void RunBetween(Assembly code, object target, object?[] arguments, Tensor seed)
    {
        try
        {
            Call(code, "Steps", target, arguments, seed, 1);
        }
        catch (ProgramFaultException)
        {
            // A step that throws must leave the model as usable as one that does not.
        }
    }

    private static Tensor? Copy(Tensor? tensor) => tensor?.Clone();

    private static void VerifyInputs(IMethodSymbol method, object?[] arguments, object?[] twinArguments, Func<double> functional, Tensor?[] gradients)
    {
        if (method.ReturnType.Name != "Tensor")
        {
            return;
        }

        int[] inputs = [.. method.Parameters
            .Where(parameter => parameter.Type.Name == "Tensor" && !parameter.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "NoDerivativeAttribute"))
            .Select(parameter => parameter.Ordinal)];
        if (inputs.Length != gradients.Length)
        {
            throw new ProgramFaultException($"Backward returns {gradients.Length} gradients for {inputs.Length} tensor parameters.");
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            string name = "the input " + method.Parameters[inputs[i]].Name;
            if (arguments[inputs[i]] is null)
            {
                if (gradients[i] is not null)
                {
                    throw new ProgramFaultException($"The gradient of {name}, which is null, is not null.");
                }

                continue;
            }

            double[] differences = Differences(functional, (Reference.Tensor)twinArguments[inputs[i]]!);
            Tensor gradient = gradients[i] ?? throw new ProgramFaultException($"The gradient of {name} is null.");
            CentralDifferences.Compare(name, gradient.Span, differences, mayBeZero: false);
        }
    }

    private static double[] Differences(Func<double> functional, Reference.Tensor values) =>
        CentralDifferences.Gradient(functional, i => values.Span[i], (i, value) => values.Span[i] = value, values.Length);

    // What is told before the first step is what steps then take.
    private static void VerifyMemory(Assembly code, ILoraModel model, object target, object?[] arguments, Tensor seed)
    {
        var told = (ModelMemory)Call(code, "Memory", target, arguments);
        if (ModelMemory.Of(model) is { Activations: not 0 } or { Scratch: not 0 })
        {
            throw new ProgramFaultException("To tell the memory of a step has taken it.");
        }

        code.GetType(CallWriter.TypeName)!.GetMethod("Steps")!.CreateDelegate<Action<object, object?[], Tensor, int>>()(target, arguments, seed, 4);
        ModelMemory taken = ModelMemory.Of(model);
        if (told with { Gradients = 0, OptimizerStates = 0 } != taken with { Gradients = 0, OptimizerStates = 0 } || told.Gradients < taken.Gradients)
        {
            throw new ProgramFaultException($"A step was told to take {told}; it takes {taken}.");
        }
    }

    private static void VerifyAllocation(Assembly code, object model, object?[] arguments, Tensor seed)
    {
        MethodInfo steps = code.GetType(CallWriter.TypeName)!.GetMethod("Steps")!;
        var run = steps.CreateDelegate<Action<object, object?[], Tensor, int>>();
        run(model, arguments, seed, 3);
        long bytes = SteadyAllocation.OfThread(() => run(model, arguments, seed, 4));
        if (bytes != 0)
        {
            throw new ProgramFaultException($"Four steady steps allocate {bytes} bytes.");
        }
    }

    private static void CompareValues(string what, float[] values, double[] expected, double tolerance)
    {
        double distance = Math.Sqrt(values.Zip(expected, (value, other) => (value - other) * (value - other)).Sum());
        double norm = Math.Sqrt(expected.Sum(value => value * value));
        if (values.Length != expected.Length || norm == 0 || !(distance <= tolerance * norm))
        {
            throw new ProgramFaultException(
                $"The {what} result is [{string.Join(", ", values.Take(12))}], not [{string.Join(", ", expected.Take(12))}]: off by {distance / norm:G3} of its norm.");
        }
    }

    private static void Zero(List<(Parameter Parameter, Reference.Tensor Twin)> trainable)
    {
        foreach ((Parameter parameter, _) in trainable)
        {
            parameter.ZeroGradient();
        }
    }

    private static List<float[]> Bits(TwinModel pair, object?[] arguments) =>
        [.. pair.FrozenBits(), .. arguments.OfType<Tensor>().Select(tensor => tensor.Span.ToArray())];

    private static void VerifyBits(List<float[]> before, List<float[]> after)
    {
        for (int i = 0; i < before.Count; i++)
        {
            if (!before[i].AsSpan().SequenceEqual(after[i]))
            {
                throw new ProgramFaultException($"Training changed frozen values (the {i}th of {before.Count}).");
            }
        }
    }

    // The masks that the runtime draws for the calls of one step, as data.
    private static object WithMasks(Func<object> run)
    {
        int call = 0;
        Reference.DropoutMasks.Next = (shape, p) =>
            TwinModel.Twin(Nn.Dropout(Tensor.Full(1, shape), (float)p, new RandomKey(LoraRandom.Seed, Step, ++call)));
        try
        {
            return run();
        }
        finally
        {
            Reference.DropoutMasks.Next = null;
        }
    }

    private static object? TwinArgument(object? argument) => argument switch
    {
        Tensor tensor => TwinModel.Twin(tensor),
        float number => (double)number,
        _ => argument,
    };

    private static float[] Values(object value) => value is Tensor tensor ? tensor.Span.ToArray() : [(float)value];

    private static double[] DoubleValues(object value) => value is Reference.Tensor tensor ? tensor.Span.ToArray() : [(double)value];

    private static object Call(Assembly code, string name, params object?[] arguments)
    {
        MethodInfo method = code.GetType(CallWriter.TypeName)!.GetMethod(name)!;
        return Unwrapped(() => method.Invoke(null, arguments))!;
    }

    private static object? Unwrapped(Func<object?> call)
    {
        try
        {
            return call();
        }
        catch (TargetInvocationException fault) when (fault.InnerException is { } inner)
        {
            throw new ProgramFaultException($"The program threw: {inner}");
        }
    }
}
