using Lora;
using Lora.Models;
using Lora.Testing;

Tensor x = Tensor.RandomNormal(1, 3, 8);
Tensor target = Tensor.RandomNormal(2, 3, 8);
Console.WriteLine(ModelProof.Check(new Proved(), model => model.Loss(x, target), model => model.LossAndGradients(x, target)));

var llama = new LlamaForCausalLM(new LlamaConfig
{
    VocabSize = 11,
    HiddenSize = 8,
    IntermediateSize = 12,
    NumHiddenLayers = 1,
    NumAttentionHeads = 2,
    NumKeyValueHeads = 1,
    HeadDim = 4,
});
llama.ApplyLora(new LoraOptions { Rank = 2, Alpha = 5 });
Console.WriteLine(llama.LossAndGradients([1, 2, 3], [2, 3, 4], 1));

internal sealed partial class Proved
{
    [Lora(Rank = 2, Alpha = 3)] private readonly Linear _a = new(8, 8);

    [Differentiable]
    public float Loss(Tensor x, Tensor target) => Nn.MseLoss(Nn.Tanh(_a.Forward(x)), target);
}
