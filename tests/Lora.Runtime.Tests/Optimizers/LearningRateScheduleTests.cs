namespace Lora.Tests.Optimizers;

public class LearningRateScheduleTests
{
    // The expected numbers are those of Hugging Face's formulas, worked out by hand.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.25)]
    [InlineData(3, 0.75)]
    [InlineData(4, 1)]
    [InlineData(1000000, 1)]
    public void Constant_stays_after_the_warm_up(int step, double expected) =>
        LearningRateSchedule.Constant(1, warmupSteps: 4).At(step).ShouldBe((float)expected);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.05)]
    [InlineData(2, 0.1)]
    [InlineData(6, 0.05)]
    [InlineData(9, 0.0125)]
    [InlineData(10, 0)]
    [InlineData(11, 0)]
    public void Linear_falls_to_zero_at_the_last_step(int step, double expected) =>
        LearningRateSchedule.Linear(0.1f, totalSteps: 10, warmupSteps: 2).At(step).ShouldBe((float)expected, 1e-9f);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 1.7071067811865475)]
    [InlineData(3, 1)]
    [InlineData(5, 0)]
    public void Cosine_falls_along_half_a_wave(int step, double expected) =>
        LearningRateSchedule.Cosine(2, totalSteps: 5, warmupSteps: 1).At(step).ShouldBe((float)expected, 1e-6f);

    [Fact]
    public void Cosine_may_rise_again()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(1, totalSteps: 8, cycles: 1);
        schedule.At(0).ShouldBe(1);
        schedule.At(4).ShouldBe(0, 1e-6f);
        schedule.At(8).ShouldBe(1, 1e-6f);
    }

    [Fact]
    public void Without_warm_up_the_first_step_has_the_peak()
    {
        LearningRateSchedule.Constant(0.3f).At(0).ShouldBe(0.3f);
        LearningRateSchedule.Linear(0.3f, 7).At(0).ShouldBe(0.3f);
        LearningRateSchedule.Cosine(0.3f, 7).At(0).ShouldBe(0.3f);
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(-1)).ParamName.ShouldBe("peak");
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(1, -1)).ParamName.ShouldBe("warmupSteps");
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Linear(1, 3, 4)).ParamName.ShouldBe("totalSteps");
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Cosine(1, 3, cycles: double.NaN)).ParamName.ShouldBe("cycles");
        Should.Throw<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(1).At(-1)).ParamName.ShouldBe("step");
    }
}
