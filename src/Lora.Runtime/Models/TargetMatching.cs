namespace Lora;

/// <summary>How target modules choose layers by their dotted paths.</summary>
public enum TargetMatching
{
    /// <summary>The path contains the target.</summary>
    Contains,

    /// <summary>The path equals the target or ends with a dot and the target, as PEFT.</summary>
    Suffix,

    /// <summary>The target is a regular expression that matches the whole path.</summary>
    Regex,

    /// <summary>
    /// Every <see cref="Linear"/>, whatever the targets, as PEFT's <c>all-linear</c>: the head of a pretrained model is left out (<see cref="IPeftModel.HeadModules"/>),
    /// and of a model of one's own, which has no head that is known as such, nothing is.
    /// </summary>
    AllLinear,
}
