using Lora.Models;

namespace Lora.Cli;

/// <summary>The losses of a run, for its curve.</summary>
internal sealed class LossHistory
{
    public List<(int Step, double Loss)> Training { get; } = [];

    public List<(int Step, double Loss)> HeldOut { get; } = [];

    public void Add(TrainingStep step) => Training.Add((step.Number, step.Loss));

    public void AddHeldOut(int step, double loss) => HeldOut.Add((step, loss));
}
