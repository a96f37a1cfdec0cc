extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

public sealed class AllocationTests
{
    public static TheoryData<string> Labels =>
    [
        .. OperationCases.All.Values
            .GroupBy(operationCase => operationCase.Operation)
            .Select(group => group.MaxBy(operationCase => operationCase.Arguments.OfType<Tensor>().Sum(tensor => tensor.Length))!.Label),
    ];

    [Theory]
    [MemberData(nameof(Labels))]
    public void A_step_allocates_nothing(string label) => StepAllocation.Of(OperationCases.All[label]).ShouldBe(0);

    [Fact]
    public void A_rule_that_allocates_is_caught()
    {
        OperationCase closures = OperationCase.On(
            typeof(WrongRules), nameof(WrongRules.Right), [Tensor.Zeros(3), Tensor.Zeros(3)], t => R.Nn.Multiply(R.Nn.Multiply(t[0], t[0]), t[1]));
        StepAllocation.Of(closures).ShouldBeGreaterThan(0);
    }
}
