namespace Lora.Models.Tests;

/// <summary>The cases that <c>Golden/make_golden.py</c> made: tiny Llamas and what they must give in double precision.</summary>
internal static class Golden
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);
}
