using System.Runtime.InteropServices;

namespace Lora.Testing;

/// <summary>Training steps change what is trainable, and no bit of anything else.</summary>
internal static class FrozenProof
{
    private const float LearningRate = 1e-2f;

    public static ProofOutcome Run(Subject subject)
    {
        var trainable = subject.Model.TrainableParameters.Select(parameter => parameter.Name).ToHashSet();
        Dictionary<string, Tensor> before = Frozen(subject, trainable);
        float[][] values = [.. subject.Model.TrainableParameters.Select(parameter => parameter.Span.ToArray())];
        var sgd = new Sgd(subject.Model.TrainableParameters, LearningRate);
        for (int step = 0; step < 2; step++)
        {
            subject.Train();
            sgd.Step();
        }

        bool hasChanged = values.Zip(subject.Model.TrainableParameters).Any(pair => !pair.First.AsSpan().SequenceEqual(pair.Second.Span));
        for (int i = 0; i < values.Length; i++)
        {
            values[i].CopyTo(subject.Model.TrainableParameters[i].Span);
        }

        List<string> faults = Differences(before, Frozen(subject, trainable), "after two training steps");
        if (!hasChanged)
        {
            faults.Add("two training steps changed nothing that is trainable: every gradient is zero");
        }

        return new ProofOutcome($"{before.Count} tensors have the same bits after two training steps", faults);
    }

    public static Dictionary<string, Tensor> Frozen(Subject subject, HashSet<string> trainable) =>
        subject.Model.StateDict().Where(named => !trainable.Contains(named.Key)).ToDictionary(named => named.Key, named => named.Value);

    public static List<string> Differences(Dictionary<string, Tensor> before, Dictionary<string, Tensor> after, string when)
    {
        var faults = new List<string>();
        foreach ((string name, Tensor old) in before)
        {
            if (!after.TryGetValue(name, out Tensor? now) || now.Length != old.Length)
            {
                faults.Add($"{name}: it is not there {when}");
                continue;
            }

            int changed = MemoryMarshal.Cast<float, int>(old.Span).CommonPrefixLength(MemoryMarshal.Cast<float, int>(now.Span));
            if (changed < old.Length)
            {
                faults.Add(FormattableString.Invariant($"{name}: element {changed} was {old.Span[changed]:G9}, and is {now.Span[changed]:G9} {when}"));
            }
        }

        return faults;
    }
}
