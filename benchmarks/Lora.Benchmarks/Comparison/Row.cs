namespace Lora.Benchmarks;

/// <summary>One line of the comparison.</summary>
internal abstract class Row
{
    /// <summary>What is done, and with what sizes; <c>--rows</c> looks for its text here.</summary>
    public required string Work { get; init; }

    /// <summary>Whether there is one measurement for each thread count, and not one for all.</summary>
    public virtual bool DependsOnThreads => true;

    /// <summary>Whether what is measured are times, which a disturbance of some seconds makes longer: then a row that misses its targets is measured again.</summary>
    public virtual bool IsTimed => false;

    /// <summary>Takes the times, as few or as many repeats as the setting says. Measured once more, a timed row keeps the shortest time of each side.</summary>
    public abstract void Measure(Setting setting);

    /// <summary>Judges the times by what the machine turned out to be capable of.</summary>
    public abstract RowResult Judge(Limits limits);
}
