namespace Lora;

/// <summary>
/// What PEFT asks of a base model beside its layers. The models of Hugging Face's families say it; of any other model nothing is known: it has no task, and all of
/// its linear layers are alike.
/// </summary>
public interface IPeftModel
{
    /// <summary>PEFT's task, such as <c>CAUSAL_LM</c>, which the files of adapters name.</summary>
    string TaskType { get; }

    /// <summary>The paths of the modules that are the head, which <see cref="TargetMatching.AllLinear"/> leaves out.</summary>
    IReadOnlyList<string> HeadModules { get; }

    /// <summary>Whether the checkpoints of the model store its weights as [in, out], as GPT-2's do. A and B are the same either way.</summary>
    bool FanInFanOut => false;
}
