extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

/// <summary>The checker that the operations are held to catches what it must.</summary>
public sealed class GradientCheckTests
{
    [Fact]
    public void A_right_rule_passes()
    {
        GradientCheck.Faults(Case(nameof(WrongRules.Right))).ShouldBeEmpty();
        GradientCheck.Faults(AliasedCase(nameof(WrongRules.Right))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(WrongRules.Scaled), "the gradient of 'x' is off by 0.005")]
    [InlineData(nameof(WrongRules.Negated), "the gradient of 'y' is off by 2")]
    [InlineData(nameof(WrongRules.MissingTerm), "the gradient of 'x' is off by 0.5")]
    [InlineData(nameof(WrongRules.MissingGradient), "the gradient of 'y' is off by 1")]
    public void A_wrong_derivative_is_caught(string rule, string expected) =>
        GradientCheck.Faults(Case(rule)).ShouldContain(fault => fault.StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void A_gradient_that_is_overwritten_is_caught() =>
        GradientCheck.Faults(Case(nameof(WrongRules.Overwriting))).ShouldContain(fault => fault.Contains("added twice", StringComparison.Ordinal));

    [Fact]
    public void A_gradient_that_depends_on_another_being_wanted_is_caught() =>
        GradientCheck.Faults(Case(nameof(WrongRules.Forgetful))).ShouldContain("the gradient of 'y' depends on whether that of 'x' is wanted");

    [Fact]
    public void Gradients_that_are_one_tensor_and_treated_as_two_are_caught()
    {
        GradientCheck.Faults(Case(nameof(WrongRules.Interleaved))).ShouldBeEmpty();
        GradientCheck.Faults(AliasedCase(nameof(WrongRules.Interleaved))).ShouldNotBeEmpty();
    }

    [Fact]
    public void A_result_that_may_not_share_memory_is_caught() =>
        GradientCheck.Faults(Case(nameof(WrongRules.Careless))).ShouldContain("written over 'y', the result differs");

    [Fact]
    public void A_wrong_value_is_caught()
    {
        OperationCase operationCase = Case(nameof(WrongRules.Right)) with { Reference = t => R.Nn.Multiply(R.Nn.Multiply(t[0], t[0]), R.Nn.Multiply(t[1], 1.00001)) };
        GradientCheck.Faults(operationCase).ShouldHaveSingleItem().ShouldStartWith("the value is off by ");
    }

    [Fact]
    public void A_rule_whose_companions_do_not_fit_is_caught()
    {
        Should.Throw<InvalidOperationException>(() => GradientCheck.Faults(Case(nameof(WrongRules.Misdeclared)))).Message.ShouldContain("Nothing says");
        Should.Throw<InvalidOperationException>(() => GradientCheck.Faults(Case(nameof(WrongRules.Nameless)))).Message.ShouldContain("'other'");
    }

    private static OperationCase Case(string rule) => OperationCase.On(
        typeof(WrongRules), rule, [Tensor.RandomNormal(1, 3, 5), Tensor.RandomNormal(2, 3, 5)], t => R.Nn.Multiply(R.Nn.Multiply(t[0], t[0]), t[1]));

    private static OperationCase AliasedCase(string rule)
    {
        Tensor x = Tensor.RandomNormal(1, 3, 5);
        return OperationCase.On(typeof(WrongRules), rule, [x, x], t => R.Nn.Multiply(R.Nn.Multiply(t[0], t[0]), t[0]));
    }
}
