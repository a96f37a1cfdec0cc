namespace Lora.Generators;

/// <summary>The names of the pipeline's steps.</summary>
internal static class TrackingNames
{
    /// <summary>From the attributed members of a class to values.</summary>
    public const string Model = nameof(Model);

    /// <summary>From values to the text of the generated file.</summary>
    public const string Source = nameof(Source);
}
