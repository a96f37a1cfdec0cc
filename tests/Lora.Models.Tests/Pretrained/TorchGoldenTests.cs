namespace Lora.Models.Tests;

/// <summary>Every family of models against PyTorch: logits, loss, and gradients of adapters on all linear layers of the body.</summary>
public sealed class TorchGoldenTests
{
    [Theory]
    [InlineData("llama3-scaled", typeof(LlamaForCausalLM))]
    [InlineData("linear-scaled", typeof(LlamaForCausalLM))]
    [InlineData("mistral", typeof(LlamaForCausalLM))]
    [InlineData("qwen2", typeof(LlamaForCausalLM))]
    [InlineData("qwen3", typeof(LlamaForCausalLM))]
    [InlineData("gpt2", typeof(Gpt2LMHeadModel))]
    [InlineData("gpt2-relu", typeof(Gpt2LMHeadModel))]
    public void Causal_language_models(string name, Type type)
    {
        var golden = new TorchGolden(name);
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        model.ShouldBeOfType(type);
        int[] tokens = golden.Ints("tokens");
        Numbers.MaxDifference(model.Forward(tokens, golden.Batch).Span.ToDoubles(), golden.Logits).ShouldBeGreaterThan(1e-2);
        golden.Adapt(model);
        Numbers.MaxDifference(model.Forward(tokens, golden.Batch).Span.ToDoubles(), golden.Logits).ShouldBeLessThan(2e-5);
        ((double)model.LossAndGradients(tokens, golden.Ints("targets"), golden.Batch)).ShouldBe(golden.Loss, 2e-5);
        ((double)model.Loss(tokens, golden.Ints("targets"), golden.Batch)).ShouldBe(golden.Loss, 2e-5);
        golden.CheckGradients(model);
    }

    [Theory]
    [InlineData("bert", typeof(BertForSequenceClassification))]
    [InlineData("roberta", typeof(RobertaForSequenceClassification))]
    [InlineData("distilbert", typeof(DistilBertForSequenceClassification))]
    public void Sequence_classifiers(string name, Type type)
    {
        var golden = new TorchGolden(name);
        ISequenceClassifier model = SequenceClassifier.Load(TorchGolden.PathOf(name));
        model.ShouldBeOfType(type);
        int[] tokens = golden.Ints("tokens");
        int[] mask = golden.Ints("mask");
        int[] types = golden.Ints("types");
        golden.Adapt(model);
        Numbers.MaxDifference(model.Forward(tokens, mask, types, golden.Batch).Span.ToDoubles(), golden.Logits).ShouldBeLessThan(2e-5);
        ((double)model.LossAndGradients(tokens, mask, types, golden.Ints("classes"), golden.Batch)).ShouldBe(golden.Loss, 2e-5);
        golden.CheckGradients(model);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("roberta")]
    [InlineData("distilbert")]
    public void What_fills_up_a_sequence_changes_nothing(string name)
    {
        var golden = new TorchGolden(name);
        ISequenceClassifier model = SequenceClassifier.Load(TorchGolden.PathOf(name));
        int[] tokens = golden.Ints("tokens");
        float[] full = model.Forward(tokens.AsSpan(0, 8), [], [], 1).Span.ToArray();
        int[] longer = [.. tokens[..8], model.PadTokenId, model.PadTokenId, model.PadTokenId];
        float[] filled = model.Forward(longer, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], [], 1).Span.ToArray();
        Numbers.MaxDifference(filled.AsSpan().ToDoubles(), full.AsSpan().ToDoubles()).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void A_perceptron()
    {
        var golden = new TorchGolden("mlp");
        var model = (Mlp)PretrainedModel.Load(TorchGolden.PathOf("mlp"));
        golden.Adapt(model);
        Tensor inputs = golden.Floats("inputs");
        Numbers.MaxDifference(model.Forward(inputs).Span.ToDoubles(), golden.Logits).ShouldBeLessThan(2e-5);
        ((double)model.LossAndGradients(inputs, golden.Ints("classes"))).ShouldBe(golden.Loss, 2e-5);
        golden.CheckGradients(model);
    }

    [Theory]
    [InlineData("qwen3")]
    [InlineData("gpt2")]
    public void Greedy_generation_takes_the_largest_logit_each_time(string name)
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        List<int> tokens = [1, 4];
        foreach (int token in model.Generate([1, 4], new GenerationOptions { MaxNewTokens = 100, StopTokens = [] }).Take(20))
        {
            float[] logits = model.Forward(tokens.ToArray(), batch: 1).Span[^model.VocabularySize..].ToArray();
            logits[token].ShouldBe(logits.Max(), 1e-5f);
            tokens.Add(token);
        }

        tokens.Count.ShouldBe(Math.Min(22, model.MaxSequenceLength));
    }

    [Fact]
    public void A_steady_step_of_an_encoder_allocates_little()
    {
        var golden = new TorchGolden("roberta");
        ISequenceClassifier model = SequenceClassifier.Load(TorchGolden.PathOf("roberta"));
        golden.Adapt(model);
        int[] tokens = golden.Ints("tokens");
        int[] mask = golden.Ints("mask");
        int[] classes = golden.Ints("classes");
        Step();
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 10; step++)
        {
            Step();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);

        void Step() => model.LossAndGradients(tokens, mask, [], classes, golden.Batch);
    }

    [Theory]
    [InlineData("llama3-scaled", 65)]
    [InlineData("mistral", 13)]
    [InlineData("gpt2", 17)]
    public void A_sequence_that_is_too_long_is_refused(string name, int length)
    {
        ICausalLanguageModel model = CausalLanguageModel.Load(TorchGolden.PathOf(name));
        model.MaxSequenceLength.ShouldBe(length - 1);
        Should.Throw<ArgumentException>(() => model.Forward(new int[length], 1));
        model.Forward(new int[length - 1], 1).Shape[1].ShouldBe(length - 1);
    }

    [Theory]
    [InlineData("bert", 17)]
    [InlineData("roberta", 15)]
    [InlineData("distilbert", 17)]
    public void So_is_one_that_is_too_long_to_classify(string name, int length)
    {
        ISequenceClassifier model = SequenceClassifier.Load(TorchGolden.PathOf(name));
        model.MaxSequenceLength.ShouldBe(length - 1);
        Should.Throw<ArgumentException>(() => model.Forward([.. Enumerable.Repeat(5, length)], [], [], 1));
        model.Forward([.. Enumerable.Repeat(5, length - 1)], [], [], 1).Shape.ToArray().ShouldBe([1, model.Labels.Count]);
    }

    [Fact]
    public void Masks_that_do_not_fit_are_refused()
    {
        ISequenceClassifier model = SequenceClassifier.Load(TorchGolden.PathOf("bert"));
        Should.Throw<ArgumentException>(() => model.Forward([2, 3, 4], [1, 1], [], 1)).Message.ShouldContain("attention mask");
        Should.Throw<ArgumentException>(() => model.Forward([2, 3, 4], [1, 1, 2], [], 1)).Message.ShouldContain("attention mask");
    }
}
