namespace Lora.Generators;

/// <summary>
/// Writes what stands in for the derivative of a method that could not be made: the same signatures, which throw. Whoever calls them sees no
/// second error. A name that the user's own members have is left to them.
/// </summary>
internal sealed class StubWriter(MethodIr method, string name, ModelSpec model, SourceWriter writer)
{
    private readonly string _throw = Throw($"'{name}' could not be differentiated");

    /// <summary>An expression that throws, and says where to look.</summary>
    public static string Throw(string fault) => $"throw new global::System.NotSupportedException(\"{fault}: the build's errors say why.\")";

    public void Write()
    {
        if (method.Parameters.Any(parameter => parameter.Type.Contains("*")))
        {
            return; // A pointer: only unsafe code can name its type.
        }

        if (method.HasRoot && model.HasState)
        {
            if (method.ReturnsTensor)
            {
                WritePullback();
            }
            else
            {
                WriteMember($"{name}AndGradients", $"{method.Accessibility} float {name}AndGradients{method.TypeParameters}({Declarations()})");
                WriteMember($"{name}Memory", MemoryWriter.Signature(method, name));
            }
        }

        if (!IsFree(method.SavedType))
        {
            return;
        }

        WriteMember(name + "Training", MethodWriter.TrainingSignature(method, name));
        WriteMember(name + "Backward", MethodWriter.BackwardSignature(method, name));
        MethodWriter.Head(writer, $"Stands in for what the derivative of <c>{name}</c> would save.");
        writer.Open($"{MethodWriter.SavedAccessibility(method)} sealed class {method.SavedType}");
        writer.Close();
    }

    private void WritePullback()
    {
        string pullback = GeneratedNames.PullbackOf(method.SavedType);
        if (!IsFree(pullback))
        {
            return;
        }

        WriteMember($"{name}WithPullback", $"{method.Accessibility} {pullback} {name}WithPullback{method.TypeParameters}({Declarations()})");
        writer.Gap();
        writer.Line($"/// <summary>Stands in for the value and the backward pass of <c>{name}</c>.</summary>");
        writer.Line(ModelWriter.GeneratedCode);
        writer.Open($"{method.Accessibility} readonly struct {pullback}");
        writer.Line("/// <summary>Throws.</summary>");
        writer.Line($"public global::Lora.Tensor Value => {_throw};");
        writer.Gap();
        writer.Line("/// <summary>Throws.</summary>");
        writer.Line($"public {MethodWriter.PullbackResult([.. MethodWriter.PullbackInputs(method)])} Backward(global::Lora.Tensor gradient) => {_throw};");
        writer.Close();
    }

    private void WriteMember(string member, string signature)
    {
        if (IsFree(member))
        {
            MethodWriter.Head(writer, $"Stands in for the derivative of <c>{name}</c>, which could not be made.");
            writer.Line($"{signature} => {_throw};");
        }
    }

    private bool IsFree(string member) => !model.TakenNames.Contains(member);

    private string Declarations() => string.Join(", ", method.Parameters.Select(parameter => parameter.Declaration));
}
