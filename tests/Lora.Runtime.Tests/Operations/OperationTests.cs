using System.Reflection;

namespace Lora.Tests.Operations;

public sealed class OperationTests
{
    public static TheoryData<string> Labels => [.. OperationCases.All.Keys];

    [Theory]
    [MemberData(nameof(Labels))]
    public void Value_and_gradients_are_those_of_the_reference(string label) => GradientCheck.Faults(OperationCases.All[label]).ShouldBeEmpty();

    [Fact]
    public void Every_derivative_rule_of_the_runtime_has_a_case()
    {
        var tested = OperationCases.All.Values.Select(operationCase => operationCase.Operation).ToHashSet();
        MethodInfo[] rules = Rules();
        rules.Length.ShouldBeGreaterThan(45);
        rules.Where(rule => !tested.Contains(rule)).Select(rule => $"{rule.DeclaringType!.Name}.{rule}").ShouldBeEmpty();
    }

    [Fact]
    public void The_companions_of_every_derivative_rule_bind()
    {
        foreach (MethodInfo rule in Rules())
        {
            Should.NotThrow(() => new DerivativeRule(rule));
        }
    }

    [Fact]
    public void Every_operation_of_two_tensors_of_one_shape_is_tested_with_one_tensor_for_both()
    {
        var aliased = OperationCases.All.Values
            .Where(operationCase => operationCase.Arguments.OfType<Tensor>().Distinct(ReferenceEqualityComparer.Instance).Count()
                < operationCase.Arguments.OfType<Tensor>().Count())
            .Select(operationCase => operationCase.Operation.Name)
            .ToHashSet();

        string[] expected =
        [
            nameof(Nn.Add), nameof(Nn.Subtract), nameof(Nn.Multiply), nameof(Nn.Divide), nameof(Nn.SwiGlu), nameof(Nn.MatMul), nameof(Nn.Concat), nameof(Nn.MseLoss),
            nameof(Nn.BinaryCrossEntropyWithLogits), nameof(Nn.CausalAttention), nameof(Nn.Attention),
        ];
        expected.Where(name => !aliased.Contains(name)).ShouldBeEmpty();
    }

    private static MethodInfo[] Rules() =>
    [
        .. typeof(Nn).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.IsDefined(typeof(DerivativeAttribute))),
    ];
}
