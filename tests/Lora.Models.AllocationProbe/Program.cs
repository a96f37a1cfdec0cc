// Trains the Llama in the folder given, in a process where nothing else runs, and prints what steady steps allocate on the managed heap,
// by this thread and by the whole process, and then what the heap holds beside the sum of what training should need.
using Lora;
using Lora.Models;

const int Batch = 2;
const int Length = 12;
const int Steps = 20;

long empty = GC.GetTotalMemory(forceFullCollection: true);
LlamaForCausalLM model = Llama.Load(args[0]);
model.ApplyLora(new LoraOptions
{
    Rank = 2,
    Alpha = 3,
    TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
});
var adam = new Adam(model.TrainableParameters);
int[] tokens = [.. Enumerable.Range(0, Batch * Length).Select(i => i * 7 % model.Config.VocabSize)];
int[] targets = [.. Enumerable.Range(1, Batch * Length).Select(i => i * 7 % model.Config.VocabSize)];
Train(10);
long thread = GC.GetAllocatedBytesForCurrentThread();
long process = GC.GetTotalAllocatedBytes(precise: true);
Train(Steps);
long processAfter = GC.GetTotalAllocatedBytes(precise: true);
long threadAfter = GC.GetAllocatedBytesForCurrentThread();
Console.WriteLine($"thread {threadAfter - thread} process {processAfter - process}");
Console.WriteLine($"heap {GC.GetTotalMemory(forceFullCollection: true) - empty} sum {ModelMemory.Of(model, adam).Total}");
GC.KeepAlive(adam);

void Train(int steps)
{
    for (int step = 0; step < steps; step++)
    {
        model.LossAndGradients(tokens, targets, Batch);
        adam.Step();
        adam.ZeroGrad();
    }
}
