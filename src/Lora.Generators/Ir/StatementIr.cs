namespace Lora.Generators;

/// <summary>A sequence of statements.</summary>
internal sealed record BlockIr(EquatableArray<StatementIr> Statements);

/// <summary>A statement of a lowered body. <c>Source</c> quotes the user's statement where this is the first it was lowered to.</summary>
internal abstract record StatementIr
{
    public string? Source { get; init; }
}

/// <summary>The result of an operation, a layer or another differentiable method.</summary>
internal sealed record CallIr(int Result, CalleeIr Callee, EquatableArray<ArgumentIr> Arguments) : StatementIr;

/// <summary>Arithmetic on numbers that the loss depends on.</summary>
internal sealed record ArithmeticIr(int Result, char Operator, OperandIr Left, OperandIr? Right) : StatementIr;

/// <summary>A tensor or number that no gradient flows to, as C# text. <c>Uses</c> are the tensors that the text names.</summary>
internal sealed record ConstantIr(int Result, string Text, bool IsStopped, EquatableArray<int> Uses) : StatementIr;

/// <summary>The declaration of a variable that gets its value later.</summary>
internal sealed record DeclareIr(int Variable) : StatementIr;

/// <summary>A new value of a variable.</summary>
internal sealed record AssignIr(int Variable, OperandIr From, bool Declares) : StatementIr;

/// <summary>A statement without tensor data, as C# text.</summary>
internal sealed record PlainIr(string Text, bool Exits, EquatableArray<int> Uses) : StatementIr;

/// <summary>A branch on a condition that does not depend on tensor data.</summary>
internal sealed record IfIr(string Condition, bool IsStable, BlockIr Then, BlockIr? Else, EquatableArray<int> Uses) : StatementIr;

/// <summary>A loop whose trip count does not depend on tensor data.</summary>
internal sealed record LoopIr(string Header, string Name, BlockIr Body, EquatableArray<int> Uses) : StatementIr;

internal sealed record ReturnIr(OperandIr Value) : StatementIr;

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record JumpIr(bool IsBreak) : StatementIr;

/// <summary>A value of the body, or text without tensor data.</summary>
internal sealed record OperandIr(int Value, string Text, bool IsStable)
{
    public const int None = -1;

    public bool IsValue => Value != None;

    public static OperandIr Of(int value) => new(value, "", true);

    public static OperandIr Of(string text, bool isStable) => new(None, text, isStable);
}
