using System.Runtime.CompilerServices;

namespace Lora.Generators;

/// <summary>Tells statements apart by identity: two equal ones in one body are two statements.</summary>
internal sealed class ReferenceComparer : IEqualityComparer<StatementIr>
{
    public static readonly ReferenceComparer Instance = new();

    public bool Equals(StatementIr? x, StatementIr? y) => ReferenceEquals(x, y);

    public int GetHashCode(StatementIr statement) => RuntimeHelpers.GetHashCode(statement);
}
