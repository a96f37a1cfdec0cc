using System.Text.Json;

namespace Lora.Models.Tests;

internal static class JsonValues
{
    public static int[] Ints(this JsonElement element) => [.. element.EnumerateArray().Select(item => item.GetInt32())];

    public static int[] Ints(this JsonElement element, string name) => element.GetProperty(name).Ints();

    public static double[] Doubles(this JsonElement element) => [.. element.EnumerateArray().Select(item => item.GetDouble())];

    public static double[] Doubles(this JsonElement element, string name) => element.GetProperty(name).Doubles();
}
