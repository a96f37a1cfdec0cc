namespace Lora.Generators.Tests;

/// <summary>Members that are generated cannot be named in a body.</summary>
public class GeneratedMemberTests
{
    [Theory]
    [InlineData("generated wrapper", """
        return Nn.MseLoss({|LORA2010:First|}.Forward(x), target);
        """)]
    [InlineData("generated gradients", """
        return {|LORA2010:LossAndGradients|}(x, target);
        """)]
    [InlineData("generated pullback", """
        return Nn.MseLoss({|LORA2010:ForwardWithPullback|}(x).Value, target);
        """)]
    [InlineData("generated merge", """
        return Nn.MseLoss({|LORA2010:MergeFirst|}().Forward(x), target);
        """)]
    [InlineData("this generated wrapper", """
        return Nn.MseLoss(this.{|LORA2010:First|}.Forward(x), target);
        """)]
    [InlineData("generated members of every model", """
        int n = {|LORA2010:TrainableParameters|}.Count;
        return n * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("generated count", """
        int n = {|LORA2010:CountParameters|}().Frozen > 0 ? 1 : 2;
        return n * Nn.MseLoss(_first.Forward(x), target);
        """)]
    [InlineData("generated training", """
        Tensor y = {|LORA2010:ForwardTraining|}(x, null!, null!);
        return Nn.MseLoss(y, target);
        """)]
    public void Body(string name, string body)
    {
        name.ShouldNotBeEmpty();
        DiagnosticHarness.Verify(DiagnosticHarness.InModel(body));
    }
}
