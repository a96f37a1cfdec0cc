namespace Lora.Models.Tests;

/// <summary>Adapters in PEFT's layout, where lora_A is [r, in] and lora_B [out, r]: the transposes of A and B.</summary>
internal static class Adapters
{
    /// <summary>The name in PEFT's files of a parameter such as <c>model.layers.0.self_attn.q_proj.lora_A</c>.</summary>
    public static string PeftName(Parameter parameter) => $"base_model.model.{parameter.Name}.weight";

    /// <summary>Writes the values of a PEFT file into the model's adapters; there must be exactly those.</summary>
    public static void Load(ILoraModel model, string path)
    {
        Dictionary<string, (int[] Shape, double[] Values)> tensors = PlainSafetensors.Read(path);
        tensors.Keys.Order().ShouldBe(model.TrainableParameters.Select(PeftName).Order());
        foreach (Parameter parameter in model.TrainableParameters)
        {
            (int[] shape, double[] values) = tensors[PeftName(parameter)];
            shape.ShouldBe([parameter.Shape[1], parameter.Shape[0]]);
            double[] own = Transpose(values, shape[0], shape[1]);
            for (int i = 0; i < own.Length; i++)
            {
                parameter.Span[i] = (float)own[i];
            }
        }
    }

    /// <summary>A row-major matrix [rows, columns] as [columns, rows].</summary>
    public static double[] Transpose(double[] values, int rows, int columns)
    {
        double[] result = new double[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return result;
    }

    /// <summary>A tensor in the layout of PEFT's files.</summary>
    public static double[] ToPeft(Tensor tensor) => Transpose(tensor.Span.ToDoubles(), tensor.Shape[0], tensor.Shape[1]);
}
