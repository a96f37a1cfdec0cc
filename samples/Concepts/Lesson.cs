using Lora;

namespace Concepts;

/// <summary>The pretrained model, and how it is adapted.</summary>
internal sealed class Lesson
{
    /// <summary>The linear layers of a block, which are those that adapters go on here.</summary>
    public static readonly string[] AllLinears = ["q_proj", "k_proj", "v_proj", "o_proj", "up", "down"];

    private const int Batch = 16;

    private readonly Dialect _home = new(isOther: false, seed: 1);
    private readonly IReadOnlyDictionary<string, Tensor> _pretrained;
    private readonly bool _isQuick;

    /// <summary>Pretrains a model on the one language.</summary>
    public Lesson(bool isQuick)
    {
        _isQuick = isQuick;
        LoraRandom.ManualSeed(42);
        var model = new LetterModel();
        model.Freeze(false);
        Run(model, _home, isQuick ? 60 : 1200, 3e-3f, null);
        _pretrained = model.StateDict();
        PretrainedLoss = Other.HeldOutLoss(model);
        HomeLoss = HomeLossOf(model);
    }

    /// <summary>The steps of an adaptation.</summary>
    public int Steps => _isQuick ? 20 : 200;

    /// <summary>The learning rates that are tried where the best is to be found.</summary>
    public float[] LearningRates => _isQuick ? [3e-3f] : [1e-3f, 3e-3f, 1e-2f, 3e-2f];

    /// <summary>How often a time is measured.</summary>
    public int Measurements => _isQuick ? 5 : 400;

    /// <summary>The loss of the pretrained model on its own language.</summary>
    public double HomeLoss { get; }

    /// <summary>Its loss on the other.</summary>
    public double PretrainedLoss { get; }

    /// <summary>The other language.</summary>
    public static Dialect Other => new(isOther: true, seed: 2);

    /// <summary>The loss of a model on the language of the pretraining.</summary>
    public double HomeLossOf(LetterModel model) => _home.HeldOutLoss(model);

    /// <summary>The pretrained model, with what a method adds to it.</summary>
    public LetterModel NewModel(int bottleneck = 0, int prefix = 0)
    {
        LoraRandom.ManualSeed(7);
        var model = new LetterModel(bottleneck, prefix);
        Dictionary<string, Tensor> state = model.StateDict().ToDictionary();
        foreach ((string name, Tensor value) in _pretrained)
        {
            state[name] = value;
        }

        model.LoadStateDict(state);
        return model;
    }

    /// <summary>The pretrained model with LoRA.</summary>
    public LetterModel NewModel(LoraOptions options)
    {
        LetterModel model = NewModel();
        model.ApplyLora(options);
        return model;
    }

    /// <summary>Trains what the model has to train on the other language.</summary>
    /// <returns>The loss on held-out text after each tenth of the steps, the beginning included; of a quick run at both ends.</returns>
    public Curve Adapt(string name, LetterModel model, float learningRate = 3e-3f)
    {
        Dialect text = Other;
        var points = new List<(double Step, double Loss)>();
        Run(model, text, Steps, learningRate, step =>
        {
            if (step % (_isQuick ? Steps : Steps / 10) == 0)
            {
                points.Add((step, text.HeldOutLoss(model)));
            }
        });
        return new Curve(name, points);
    }

    private static void Run(LetterModel model, Dialect text, int steps, float learningRate, Action<int>? show)
    {
        var adam = new Adam(model.TrainableParameters, learningRate);
        show?.Invoke(0);
        for (int step = 1; step <= steps; step++)
        {
            (int[] letters, int[] next) = text.Draw(Batch);
            model.LossAndGradients(letters, next, Batch);
            adam.Step();
            adam.ZeroGrad();
            show?.Invoke(step);
        }
    }
}

/// <summary>A loss over the steps.</summary>
internal sealed record Curve(string Name, IReadOnlyList<(double Step, double Loss)> Points)
{
    public double First => Points[0].Loss;

    public double Last => Points[^1].Loss;
}
