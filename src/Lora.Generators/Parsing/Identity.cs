using System.Runtime.CompilerServices;

namespace Lora.Generators;

/// <summary>A number for each object that was asked for, by which it can be told from others without being kept in memory.</summary>
internal static class Identity
{
    private static readonly ConditionalWeakTable<object, Number> _numbers = new();
    private static long _last;

    public static long Of(object item) => _numbers.GetValue(item, static _ => new Number(Interlocked.Increment(ref _last))).Value;

    private sealed class Number(long value)
    {
        public long Value => value;
    }
}
