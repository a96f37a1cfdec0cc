using System.Runtime.Loader;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Lora.Generators.Tests;

/// <summary>
/// Runs a program that no diagnostic refuses: its generated loss must be the eager one, and its gradients those of central differences.
/// </summary>
internal static class AllowedProgram
{
    private const float Step = 1e-2f;
    private const double Tolerance = 5e-3;

    /// <summary>Checks the body of a loss of the model that <see cref="DiagnosticHarness.InModel"/> writes around it.</summary>
    public static void CheckBody(string body, string members = "") => Check(DiagnosticHarness.InModel(body, members));

    /// <summary>Checks the class <c>Model</c> of whole files by its <c>float Loss(Tensor x, Tensor target)</c>.</summary>
    public static void Check(params string[] files)
    {
        CSharpCompilation compilation = DiagnosticHarness.Verify(files);

        // The layers are so small that no adapter saves anything.
        GeneratorHarness.Analyze(compilation).Where(diagnostic => diagnostic.Id != "LORA0005").ShouldBeEmpty();
        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image);
        result.Success.ShouldBeTrue(string.Join("\n", result.Diagnostics));
        image.Position = 0;
        var context = new AssemblyLoadContext(null, isCollectible: true);
        try
        {
            Check(context.LoadFromStream(image).GetType("Model", throwOnError: true)!);
        }
        finally
        {
            context.Unload();
        }
    }

    private static void Check(Type type)
    {
        var model = (ILoraModel)Activator.CreateInstance(type)!;
        Tensor x = Tensor.RandomNormal(11, 3, 4);
        Tensor target = Tensor.RandomNormal(12, 3, 4);
        var loss = LossOf("Loss");
        var gradients = LossOf("LossAndGradients");

        ulong seed = 100;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            Tensor.RandomUniform(seed++, -0.4f, 0.4f, parameter.Value.Shape).Span.CopyTo(parameter.Value.Span);
        }

        float eager = loss(x, target);
        float generated = gradients(x, target);
        Math.Abs(generated - eager).ShouldBeLessThanOrEqualTo(1e-5f * Math.Max(1, Math.Abs(eager)), "The generated loss is not the eager one.");

        double total = 0;
        foreach (Parameter parameter in model.TrainableParameters)
        {
            double distance = 0;
            double norm = 0;
            for (int i = 0; i < parameter.Value.Length; i++)
            {
                // Extrapolated from two steps, so that a loss of high degree does not bend it.
                double difference = ((4 * Difference(parameter.Value, i, Step)) - Difference(parameter.Value, i, 2 * Step)) / 3;
                double gradient = parameter.Gradient.Span[i];
                distance += (gradient - difference) * (gradient - difference);
                norm += difference * difference;
            }

            total += norm;
            Math.Sqrt(distance).ShouldBeLessThanOrEqualTo(Tolerance * Math.Sqrt(norm) + 1e-5, $"The gradient of {parameter.Name} is not that of central differences.");
        }

        total.ShouldBeGreaterThan(1e-6, "No gradient flows: the program proves nothing.");

        double Difference(Tensor values, int i, float step)
        {
            float value = values.Span[i];
            values.Span[i] = value + step;
            float above = loss(x, target);
            values.Span[i] = value - step;
            float below = loss(x, target);
            values.Span[i] = value;
            return ((double)above - below) / (2 * step);
        }

        Func<Tensor, Tensor, float> LossOf(string name) => type.GetMethod(name)!.CreateDelegate<Func<Tensor, Tensor, float>>(model);
    }
}
