namespace Lora;

/// <summary>
/// The learning rate of each step, as Hugging Face's <c>get_*_schedule_with_warmup</c>: it rises in a line from 0 over the warm-up steps, then
/// stays or falls to 0 at the last step.
/// </summary>
/// <example><code>
/// LearningRateSchedule schedule = LearningRateSchedule.Cosine(2e-4f, totalSteps: 1000, warmupSteps: 50);
/// adam.LearningRate = schedule.At(adam.StepCount);
/// adam.Step();
/// </code></example>
public sealed class LearningRateSchedule
{
    private readonly Shape _shape;
    private readonly double _peak;
    private readonly int _totalSteps;
    private readonly int _warmupSteps;
    private readonly double _cycles;

    private LearningRateSchedule(Shape shape, float peak, int totalSteps, int warmupSteps, double cycles = 0.5)
    {
        if (!float.IsFinite(peak) || peak < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(peak), peak, "The highest learning rate must be a finite number, 0 or more.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        if (totalSteps < warmupSteps)
        {
            throw new ArgumentOutOfRangeException(
                nameof(totalSteps), totalSteps, $"There are {totalSteps} steps, fewer than the {warmupSteps} of the warm-up.");
        }

        if (!double.IsFinite(cycles) || cycles < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(cycles), cycles, "The number of cosine waves must be a finite number, 0 or more.");
        }

        _shape = shape;
        _peak = DecimalValue.Of(peak);
        _totalSteps = totalSteps;
        _warmupSteps = warmupSteps;
        _cycles = cycles;
    }

    private enum Shape
    {
        Constant,
        Linear,
        Cosine,
    }

    /// <summary>The rate stays at its peak after the warm-up.</summary>
    /// <param name="peak">The highest rate.</param>
    /// <param name="warmupSteps">The number of steps over which it rises.</param>
    public static LearningRateSchedule Constant(float peak, int warmupSteps = 0) => new(Shape.Constant, peak, int.MaxValue, warmupSteps);

    /// <summary>The rate falls in a line to 0 after the warm-up.</summary>
    /// <param name="peak">The highest rate.</param>
    /// <param name="totalSteps">The number of steps after which it is 0.</param>
    /// <param name="warmupSteps">The number of them over which it rises.</param>
    public static LearningRateSchedule Linear(float peak, int totalSteps, int warmupSteps = 0) => new(Shape.Linear, peak, totalSteps, warmupSteps);

    /// <summary>The rate follows a cosine after the warm-up.</summary>
    /// <param name="peak">The highest rate.</param>
    /// <param name="totalSteps">The number of steps after which the cosine ends.</param>
    /// <param name="warmupSteps">The number of them over which the rate rises.</param>
    /// <param name="cycles">The number of waves: a half falls once from the peak to 0.</param>
    public static LearningRateSchedule Cosine(float peak, int totalSteps, int warmupSteps = 0, double cycles = 0.5) =>
        new(Shape.Cosine, peak, totalSteps, warmupSteps, cycles);

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public float At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return (float)(_peak * Factor(step));
    }

    private double Factor(int step)
    {
        if (step < _warmupSteps)
        {
            return (double)step / Math.Max(1, _warmupSteps);
        }

        double length = Math.Max(1, _totalSteps - _warmupSteps);
        return _shape switch
        {
            Shape.Linear => Math.Max(0, (_totalSteps - step) / length),
            Shape.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * _cycles * 2 * ((step - _warmupSteps) / length)))),
            _ => 1,
        };
    }
}
