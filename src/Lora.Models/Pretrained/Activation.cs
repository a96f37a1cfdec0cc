namespace Lora.Models;

/// <summary>The activation functions that configurations name.</summary>
public enum ActivationFunction
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · Φ(x), exactly.</summary>
    Gelu,

    /// <summary>x · Φ(x) with Φ approximated by tanh.</summary>
    GeluTanh,

    /// <summary>x · σ(x).</summary>
    Silu,

    /// <summary>tanh x.</summary>
    Tanh,
}

/// <summary>An activation that is chosen when the model is made.</summary>
/// <param name="function">Which one.</param>
internal sealed partial class Activation(ActivationFunction function)
{
    [Differentiable]
    public Tensor Forward(Tensor x)
    {
        if (function == ActivationFunction.Relu)
        {
            return Nn.Relu(x);
        }

        if (function == ActivationFunction.Gelu)
        {
            return Nn.Gelu(x);
        }

        if (function == ActivationFunction.GeluTanh)
        {
            return Nn.GeluTanh(x);
        }

        return function == ActivationFunction.Silu ? Nn.Silu(x) : Nn.Tanh(x);
    }

    internal static ActivationFunction Read(ConfigFile config, string name, string absent) => (config.Text(name) ?? absent) switch
    {
        "relu" => ActivationFunction.Relu,
        "gelu" => ActivationFunction.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => ActivationFunction.GeluTanh,
        "silu" or "swish" => ActivationFunction.Silu,
        "tanh" => ActivationFunction.Tanh,
        string other => throw config.Unsupported(name, $"\"{other}\"", "\"relu\", \"gelu\", \"gelu_new\", \"gelu_pytorch_tanh\", \"gelu_fast\", \"silu\" or \"tanh\""),
    };
}
