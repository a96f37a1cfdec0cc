namespace Lora.Models.Tests;

/// <summary>A case that <c>Golden/torch/make_torch_golden.py</c> made: a tiny model with an adapter, and what PyTorch gives for them.</summary>
internal sealed class TorchGolden(string name)
{
    private readonly Dictionary<string, (int[] Shape, double[] Values)> _expected = PlainSafetensors.Read(Path.Combine(PathOf(name), "golden.safetensors"));

    public double[] Logits => _expected["logits"].Values;

    public double Loss => _expected["loss"].Values[0];

    public int Batch => _expected["tokens"].Shape[0];

    public int[] Ints(string key) => _expected.TryGetValue(key, out (int[] Shape, double[] Values) found) ? [.. found.Values.Select(value => (int)value)] : [];

    public Tensor Floats(string key) => Tensor.From([.. _expected[key].Values.Select(value => (float)value)], _expected[key].Shape);

    public static string PathOf(string name) => Golden.PathOf(Path.Combine("torch", name));

    /// <summary>Gives the model the case's adapter.</summary>
    public void Adapt(ILoraModel model)
    {
        string path = Path.Combine(PathOf(name), "adapter", "adapter_model.safetensors");
        string[] targets = [.. PlainSafetensors.Read(path).Keys.Select(key => key["base_model.model.".Length..key.IndexOf(".lora_", StringComparison.Ordinal)]).Distinct()];
        model.ApplyLora(new LoraOptions { Rank = 2, Alpha = 3, TargetModules = targets, TargetMatching = TargetMatching.Suffix }).Order().ShouldBe(targets.Order());
        Adapters.Load(model, path);
    }

    /// <summary>Holds the adapter's gradients to PyTorch's: there must be exactly those.</summary>
    public void CheckGradients(ILoraModel model)
    {
        string[] expected = [.. _expected.Keys.Where(key => key.StartsWith("grad.", StringComparison.Ordinal))];
        model.TrainableParameters.Select(parameter => "grad." + Adapters.PeftName(parameter)).Order().ShouldBe(expected.Order());
        foreach (Parameter parameter in model.TrainableParameters)
        {
            double[] wanted = _expected["grad." + Adapters.PeftName(parameter)].Values;
            Numbers.Norm(wanted).ShouldBeGreaterThan(1e-4, parameter.Name);
            Numbers.RelativeDistance(Adapters.ToPeft(parameter.Gradient), wanted).ShouldBeLessThan(1e-4, parameter.Name);
        }
    }
}
