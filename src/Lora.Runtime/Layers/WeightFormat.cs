namespace Lora;

/// <summary>How frozen matrices lie in memory. Products compute in float32 whatever the format.</summary>
public enum WeightFormat
{
    /// <summary>32 bits a weight, as given.</summary>
    Float32,

    /// <summary>
    /// 16 bits a weight, rounded to the nearest of 8 significant bits: half the memory, and half the time where reading weights is what takes it. The
    /// relative error of a weight is at most 2⁻⁸; that of weights which came from a bfloat16 file is none.
    /// </summary>
    BFloat16,
}
