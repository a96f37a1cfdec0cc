using System.CommandLine;
using System.Diagnostics;
using Lora;
using QuickStart;
using Spectre.Console;

const int Width = 768;

var seed = new Option<ulong>("--seed") { Description = "Seed of weights and data.", DefaultValueFactory = _ => 42 };
var rank = new Option<int>("--rank") { Description = "Rank of the adapter.", DefaultValueFactory = _ => 8 };
var alpha = new Option<float>("--alpha") { Description = "Numerator of the scaling alpha / rank.", DefaultValueFactory = _ => 16 };
var steps = new Option<int>("--steps") { Description = "Adam steps.", DefaultValueFactory = _ => 100 };
steps.Validators.Add(given =>
{
    if (given.Tokens is [{ Value: var text }] && int.TryParse(text, out int count) && count is < 10 or > 100_000)
    {
        given.AddError("--steps must be from 10 to 100,000: the loss is shown at each tenth step.");
    }
});
var command = new RootCommand("LoRA on one Linear(768, 768): trains the adapter, merges it, and checks every claim.") { seed, rank, alpha, steps };
command.SetAction(given => Run(given.GetValue(seed), given.GetValue(rank), given.GetValue(alpha), given.GetValue(steps)));
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ArgumentException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static int Run(ulong seed, int rank, float alpha, int steps)
{
    LoraRandom.ManualSeed(seed);
    var model = new Demo(Width);
    Tensor x = Tensor.RandomNormal(seed, 2, 10, Width);
    Tensor target = Tensor.RandomNormal(seed + 1, 2, 10, Width);
    if ((rank, alpha) != (8, 16))
    {
        model.ApplyLora(new LoraOptions { Rank = rank, Alpha = alpha, TargetModules = ["proj"], Init = LoraInit.KaimingUniformOverRank });
    }

    ParameterCount count = model.CountParameters();
    float atStart = Difference(model.Forward(x), model.Proj.ForwardFrozen(x));
    AnsiConsole.MarkupLine($"[bold]LoRA on Linear {Width} → {Width}[/], rank {rank}, alpha {alpha}, seed {seed}");
    Line("difference at init", $"{atStart:G3}");
    Line("total parameters", $"{count.Total:N0}");
    Line("trainable", $"{count.Trainable:N0}  ({100 * count.TrainableRatio:F2} %)");
    Line("frozen", $"{count.Frozen:N0}");

    var adam = new Adam(model.TrainableParameters, learningRate: 1e-3f);
    var shown = new List<float>();
    double[] times = new double[steps];
    float first = 0;
    for (int step = 1; step <= steps; step++)
    {
        long start = Stopwatch.GetTimestamp();
        float loss = model.LossAndGradients(x, target);
        adam.Step();
        adam.ZeroGrad();
        times[step - 1] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        first = step == 1 ? loss : first;
        if (step % 10 == 0)
        {
            shown.Add(loss);
            Line($"loss at step {step,4}", $"{loss:F4}  [blue]{new string('█', (int)Math.Clamp(40 * loss / first, 0, 40))}[/]");
        }
    }

    float merged = Difference(model.MergeProj().Forward(x), model.Forward(x));
    Line("difference after merge", merged == 0 ? "0" : $"< 1e{Math.Ceiling(Math.Log10(merged))}");
    Array.Sort(times);
    Line("time per step", $"{times[steps / 2]:F2} ms");

    return Claim(atStart == 0, $"the adapted layer differs from the original at init, by {atStart}")
        & Claim(count == new ParameterCount((Width * Width) + Width + (2 * rank * Width), 2 * rank * Width), $"the counts are not as computed: {count}")
        & Claim(shown.Zip(shown.Skip(1)).All(pair => pair.Second < pair.First), "the loss does not fall at each tenth step")
        & Claim(merged < 1e-5f, $"the merged layer differs from the adapted one, by {merged}")
        ? 0 : 1;
}

static void Line(string name, string value) => AnsiConsole.MarkupLine($"  {name,-24}{value}");

static float Difference(Tensor a, Tensor b)
{
    float largest = 0;
    for (int i = 0; i < a.Length; i++)
    {
        largest = Math.Max(largest, Math.Abs(a.Span[i] - b.Span[i]));
    }

    return largest;
}

static bool Claim(bool holds, string otherwise)
{
    if (!holds)
    {
        Console.Error.WriteLine($"FAILED: {otherwise}.");
    }

    return holds;
}
