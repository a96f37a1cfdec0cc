using System.CommandLine;
using DigitShift;
using Lora;
using Spectre.Console;

const int BatchSize = 64;

var seed = new Option<ulong>("--seed") { Description = "Seed of pictures, weights and batches.", DefaultValueFactory = _ => 42 };
var rank = new Option<int>("--rank") { Description = "Rank of the adapters, 1 to 10.", DefaultValueFactory = _ => 8 };
var alpha = new Option<float>("--alpha") { Description = "Numerator of the scaling alpha / rank.", DefaultValueFactory = _ => 16 };
var steps = new Option<int>("--steps") { Description = "Steps of pretraining, and of adapting.", DefaultValueFactory = _ => 500 };
var picture = new Option<string>("--out") { Description = "The picture to write.", DefaultValueFactory = _ => "digit-shift.png" };
var command = new RootCommand("Pretrains a small network on digits of one style, and adapts it to another with LoRA.") { seed, rank, alpha, steps, picture };
command.SetAction(given => Run(given.GetValue(seed), given.GetValue(rank), given.GetValue(alpha), given.GetValue(steps), given.GetValue(picture)!));
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception fault) when (fault is ArgumentException or IOException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static void Run(ulong seed, int rank, float alpha, int steps, string picture)
{
    ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
    LoraRandom.ManualSeed(seed);
    DigitSet plain = DigitSet.Draw(3000, DigitStyle.Plain, seed);
    DigitSet shifted = DigitSet.Draw(1000, DigitStyle.Shifted, seed + 1);
    DigitSet newPlain = DigitSet.Draw(1000, DigitStyle.Plain, seed + 2);
    DigitSet newShifted = DigitSet.Draw(1000, DigitStyle.Shifted, seed + 3);
    var model = new DigitClassifier();
    var random = new LoraRandom(seed);
    var curve = new List<(int Step, double Plain, double Shifted)>();

    model.Freeze(false);
    Train(model, plain, 0);
    model.Freeze(true);
    (_, double plainBefore, double shiftedBefore) = curve[^1];

    model.ApplyLora(new LoraOptions { Rank = rank, Alpha = alpha, TargetMatching = TargetMatching.AllLinear });
    Console.WriteLine(model.CountParameters());
    Train(model, shifted, steps);
    (_, double plainAfter, double shiftedAfter) = curve[^1];

    model.Adapters.Disable();
    var table = new Table().AddColumns("accuracy on new pictures", "pretrained", "adapted", "adapter off");
    table.AddRow("plain", $"{plainBefore:P1}", $"{plainAfter:P1}", $"{model.Accuracy(newPlain):P1}");
    table.AddRow("shifted", $"{shiftedBefore:P1}", $"{shiftedAfter:P1}", $"{model.Accuracy(newShifted):P1}");
    AnsiConsole.Write(table);
    DigitPlot.Save(picture, newPlain, newShifted, curve, steps);
    Console.WriteLine($"pictures and curves: {picture}");

    void Train(DigitClassifier trained, DigitSet set, int begin)
    {
        var adam = new Adam(trained.TrainableParameters, learningRate: 2e-3f);
        for (int step = 0; step <= steps; step++)
        {
            if (step % 10 == 0 || step == steps)
            {
                curve.Add((begin + step, trained.Accuracy(newPlain), trained.Accuracy(newShifted)));
            }

            if (step == steps)
            {
                break;
            }

            DigitSet batch = set.Batch(BatchSize, random);
            trained.LossAndGradients(batch.Pictures, batch.Digits);
            adam.Step();
            adam.ZeroGrad();
        }
    }
}
