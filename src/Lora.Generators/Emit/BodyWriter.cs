namespace Lora.Generators;

/// <summary>What the forward and the backward pass of a body have in common.</summary>
internal abstract class BodyWriter(MethodIr method, MethodPlan plan, SavedLayout layout)
{
    private readonly Dictionary<StatementIr, string> _sources = new(ReferenceComparer.Instance);
    private string? _lastSource;

    protected MethodIr Method { get; } = method;

    protected MethodPlan Plan { get; } = plan;

    protected SavedLayout Layout { get; } = layout;

    protected SourceWriter Writer { get; set; } = new();

    protected string Name(int value) => Method.Values[value].Name;

    protected bool IsVariable(int value) => Method.Values[value].IsVariable;

    protected static string TypeArgument(OperationIr operation) => operation.Rank switch
    {
        null => "",
        0 => "<global::Lora.AnyRank>",
        int rank => $"<Rank{rank}>",
    };

    /// <summary>Finds which of the user's statements each statement comes from.</summary>
    protected void FindSources(BlockIr block, string? current = null)
    {
        foreach (StatementIr statement in block.Statements)
        {
            current = statement.Source ?? current;
            if (current is not null)
            {
                _sources[statement] = current;
            }

            foreach (BlockIr inner in MethodPlan.Inner(statement))
            {
                FindSources(inner, current);
            }
        }
    }

    /// <summary>Quotes the user's statement where another one begins.</summary>
    protected void WriteSource(StatementIr statement)
    {
        if (_sources.TryGetValue(statement, out string? source) && source != _lastSource)
        {
            Writer.Gap();
            Writer.Line("// " + source);
            _lastSource = source;
        }
    }
}
