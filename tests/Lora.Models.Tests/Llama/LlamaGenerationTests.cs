namespace Lora.Models.Tests;

public sealed class LlamaGenerationTests
{
    [Fact]
    public void Greedy_takes_the_largest_logit_each_time()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        List<int> tokens = [1, 4];
        foreach (int token in model.Generate([1, 4], new GenerationOptions { MaxNewTokens = 8, StopTokens = [] }))
        {
            float[] logits = model.Forward(tokens.ToArray(), batch: 1).Span[^11..].ToArray();
            logits[token].ShouldBe(logits.Max());
            tokens.Add(token);
        }

        tokens.Count.ShouldBe(10);
    }

    [Fact]
    public void A_stop_token_ends_the_text_and_is_not_part_of_it()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        int[] all = [.. model.Generate([1, 4], new GenerationOptions { MaxNewTokens = 8, StopTokens = [] })];
        int stop = all[^1];
        model.Generate([1, 4], new GenerationOptions { MaxNewTokens = 8, StopTokens = [stop] }).ShouldBe(all.TakeWhile(token => token != stop));
    }

    [Fact]
    public void A_text_ends_at_the_longest_sequence() =>
        Models.Llama.Load(Golden.PathOf("tied")).Generate([1], new GenerationOptions { MaxNewTokens = 100, StopTokens = [] }).Count().ShouldBe(31);

    [Fact]
    public void Draws_follow_the_softmax_of_the_logits()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        const float Temperature = 1.7f;
        double[] logits = model.Forward([1, 4], batch: 1).Span[^11..].ToDoubles();
        CheckDraws(model, new GenerationOptions { Temperature = Temperature }, Softmax(logits, Temperature));
        double third = logits.OrderDescending().ElementAt(2);
        double[] likeliest = [.. logits.Select(logit => logit >= third ? logit : double.NegativeInfinity)];
        CheckDraws(model, new GenerationOptions { Temperature = Temperature, TopK = 3 }, Softmax(likeliest, Temperature));
        double[] all = Softmax(logits, Temperature);
        double[] descending = [.. all.OrderDescending()];
        float share = (float)(descending[0] + descending[1] + (0.5 * descending[2]));
        CheckDraws(model, new GenerationOptions { Temperature = Temperature, TopP = share }, Softmax(likeliest, Temperature));
        double second = logits.OrderDescending().ElementAt(1);
        double[] two = [.. logits.Select(logit => logit >= second ? logit : double.NegativeInfinity)];
        float shareOfThree = (float)((descending[0] + (0.5 * descending[1])) / descending.Take(3).Sum());
        CheckDraws(model, new GenerationOptions { Temperature = Temperature, TopK = 3, TopP = shareOfThree }, Softmax(two, Temperature));
    }

    /// <summary>Reading uses memory again; what was given to the caller, and what another text remembers, is not in it.</summary>
    [Fact]
    public void Texts_that_are_read_in_turns_do_not_disturb_each_other()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        int[][] texts = [[1, 4, 2, 9, 7], [3, 3, 8, 1, 5]];
        TextCache[] caches = [model.NewCache(5), model.NewCache(5)];
        List<Tensor>[] given = [[], []];
        for (int position = 0; position < 5; position++)
        {
            for (int text = 0; text < 2; text++)
            {
                given[text].Add(model.Next([texts[text][position]], caches[text]));
            }
        }

        for (int text = 0; text < 2; text++)
        {
            float[] expected = model.Forward(texts[text], batch: 1).Span.ToArray();
            for (int i = 0; i < expected.Length; i++)
            {
                given[text][i / 11].Span[i % 11].ShouldBe(expected[i], 1e-5f);
            }
        }
    }

    [Fact]
    public void The_seed_decides_the_draws()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        int[] Draw(ulong seed) => [.. model.Generate([1], new GenerationOptions { MaxNewTokens = 20, Temperature = 2, StopTokens = [], Seed = seed })];
        Draw(5).ShouldBe(Draw(5));
        Draw(5).ShouldNotBe(Draw(6));
    }

    [Fact]
    public void Prompts_and_options_outside_their_range_are_refused()
    {
        LlamaForCausalLM model = Models.Llama.Load(Golden.PathOf("tied"));
        Should.Throw<ArgumentException>(() => model.Generate([]));
        Should.Throw<ArgumentException>(() => model.Generate(new int[33]));
        Should.Throw<ArgumentOutOfRangeException>(() => model.Generate([1], new GenerationOptions { Temperature = -1 }));
        Should.Throw<ArgumentOutOfRangeException>(() => model.Generate([1], new GenerationOptions { TopK = -1 }));
        Should.Throw<ArgumentOutOfRangeException>(() => model.Generate([1], new GenerationOptions { TopP = 1.1f }));
        Should.Throw<ArgumentException>(() => model.Generate([1], new GenerationOptions { StopTexts = ["."] })).Message.ShouldContain("TextGenerator");
        Should.Throw<ArgumentOutOfRangeException>(() => model.Generate([1], new GenerationOptions { MaxNewTokens = -1 }));
    }

    private static double[] Softmax(double[] logits, double temperature)
    {
        double[] weights = [.. logits.Select(logit => Math.Exp(logit / temperature))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    // 2000 draws: five standard deviations of a share are at most 5·√(¼ / 2000) = 0.056.
    private static void CheckDraws(LlamaForCausalLM model, GenerationOptions options, double[] probabilities)
    {
        const int Draws = 2000;
        int[] counts = new int[probabilities.Length];
        for (int seed = 0; seed < Draws; seed++)
        {
            counts[model.Generate([1, 4], options with { MaxNewTokens = 1, StopTokens = [], Seed = (ulong)seed }).Single()]++;
        }

        for (int token = 0; token < counts.Length; token++)
        {
            double deviation = Math.Sqrt(probabilities[token] * (1 - probabilities[token]) / Draws);
            ((double)counts[token] / Draws).ShouldBe(probabilities[token], 5 * deviation);
        }
    }
}
