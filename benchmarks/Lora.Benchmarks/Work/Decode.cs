using Lora.Models;

namespace Lora.Benchmarks;

/// <summary>Generates token by token after a prompt; when the sequence is as long as it may be, it begins again, and that call takes the prompt's time too.</summary>
internal sealed class Decode : IWork
{
    private const int NewTokens = 32;

    private readonly LlamaForCausalLM _model;
    private readonly int[] _prompt;
    private IEnumerator<int> _tokens;

    public Decode(LlamaCase one, int position)
    {
        _model = new LlamaForCausalLM(one.Config);
        _prompt = one.Tokens[..position];
        _tokens = Begin();
    }

    public void Run()
    {
        if (!_tokens.MoveNext())
        {
            _tokens.Dispose();
            _tokens = Begin();
            _tokens.MoveNext();
        }
    }

    public void Dispose() => _tokens.Dispose();

    private IEnumerator<int> Begin() => _model.Generate(_prompt, new GenerationOptions { MaxNewTokens = NewTokens }).GetEnumerator();
}
