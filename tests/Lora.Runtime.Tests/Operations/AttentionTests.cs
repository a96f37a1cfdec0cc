namespace Lora.Tests.Operations;

public sealed class AttentionTests
{
    [Fact]
    public void The_last_queries_alone_see_what_they_see_among_all()
    {
        Tensor q = Tensor.RandomNormal(1, 2, 37, 24);
        Tensor k = Tensor.RandomNormal(2, 2, 37, 12);
        Tensor v = Tensor.RandomNormal(3, 2, 37, 12);
        Tensor all = Nn.CausalAttention(q, k, v, 4);
        foreach (int last in new[] { 1, 3, 5, 36 })
        {
            Tensor some = Nn.CausalAttention(Nn.Slice(q, 1, 37 - last, last), k, v, 4);
            float[] expected = Nn.Slice(all, 1, 37 - last, last).Span.ToArray();
            some.Span.ToArray().ShouldBe(expected, 2e-6);
        }
    }

    [Fact]
    public void Causal_attention_does_not_look_ahead()
    {
        Tensor q = Tensor.RandomNormal(1, 50, 8);
        Tensor k = Tensor.RandomNormal(2, 50, 8);
        Tensor v = Tensor.RandomNormal(3, 50, 8);
        Tensor before = Nn.CausalAttention(q, k, v, 2);
        k.Span[(20 * 8)..].Fill(100);
        v.Span[(20 * 8)..].Fill(100);
        Tensor after = Nn.CausalAttention(q, k, v, 2);
        after.Span[..(20 * 8)].SequenceEqual(before.Span[..(20 * 8)]).ShouldBeTrue();
        after.Span[(20 * 8)..].SequenceEqual(before.Span[(20 * 8)..]).ShouldBeFalse();
    }

    [Fact]
    public void A_query_that_sees_no_key_gives_zeros_and_no_gradient()
    {
        Tensor q = Tensor.RandomNormal(1, 5, 4);
        Tensor k = Tensor.RandomNormal(2, 5, 4);
        Tensor mask = Tensor.Zeros(5, 5);
        mask.Span.Slice(10, 5).Fill(float.NegativeInfinity);
        Tensor result = Tensor.Zeros(5, 4);
        Tensor saved = Operation.Result(Nn.AttentionSaves(q, k, k, 1, mask));
        Nn.AttentionInto(q, k, k, 1, mask, result, saved);
        result.Span.Slice(8, 4).ToArray().ShouldBe([0, 0, 0, 0]);
        result.Span.ToArray().ShouldAllBe(value => float.IsFinite(value));
        Tensor gradQ = Tensor.Zeros(5, 4);
        Tensor gradK = Tensor.Zeros(5, 4);
        Nn.AttentionBackward(q, k, k, 1, mask, saved, Tensor.Full(1, 5, 4), gradQ, gradK, null);
        gradQ.Span.Slice(8, 4).ToArray().ShouldBe([0, 0, 0, 0]);
        gradK.Span.ToArray().ShouldAllBe(value => float.IsFinite(value));
        gradQ.Span[..8].ToArray().ShouldContain(value => value != 0);
    }

    [Fact]
    public void Large_scores_do_not_overflow_and_NaN_is_handed_on()
    {
        Tensor q = Tensor.Full(1e10f, 4, 2);
        Tensor v = Tensor.RandomNormal(3, 4, 2);
        Tensor result = Nn.Attention(q, q, v, 1);
        result.Span[0].ShouldBe((v.Span[0] + v.Span[2] + v.Span[4] + v.Span[6]) / 4, 1e-6f);
        q.Span[0] = float.NaN;
        float.IsNaN(Nn.Attention(q, Tensor.Full(1, 4, 2), v, 1).Span[1]).ShouldBeTrue();
    }

    [Fact]
    public void The_scores_of_all_heads_are_never_in_memory_together()
    {
        const int T = 1024;
        const int Heads = 8;
        long bytes = 0;
        var thread = new Thread(() =>
        {
            // A thread of its own, so that the scratch memory it needs counts too.
            Tensor q = Tensor.RandomNormal(1, T, Heads * 4);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Tensor result = Tensor.Zeros(T, Heads * 4);
            Tensor saved = Operation.Result(Nn.CausalAttentionSaves(q, q, q, Heads));
            Nn.CausalAttentionInto(q, q, q, Heads, result, saved);
            Nn.CausalAttentionBackward(q, q, q, Heads, saved, q, result, result, result);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        thread.Start();
        thread.Join();
        bytes.ShouldBeInRange(T * Heads * 4 * sizeof(float), (long)T * T * sizeof(float) / 4);
    }
}
