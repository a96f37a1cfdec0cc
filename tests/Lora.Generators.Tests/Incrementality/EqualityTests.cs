extern alias generators;

using System.Collections;
using System.Reflection;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>What the pipeline compares is equal when everything in it is, and different when anything in it is.</summary>
public class EqualityTests
{
    [Fact]
    public void EqualSourcesGiveEqualModels()
    {
        object[] first = Models();
        object[] second = Models();
        first.Length.ShouldBeGreaterThan(3);
        first.ShouldBe(second);
        first.Select(model => model.GetHashCode()).ShouldBe(second.Select(model => model.GetHashCode()));
        first.Zip(second).ShouldAllBe(pair => !ReferenceEquals(pair.First, pair.Second));
    }

    [Fact]
    public void EveryFieldCounts()
    {
        object[] models = Models();
        var ignored = new List<string>();
        int changed = 0;
        foreach (object record in models.SelectMany(Records))
        {
            foreach (FieldInfo field in Fields(record.GetType()))
            {
                object copy = record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
                if (!Change(copy, field))
                {
                    continue;
                }

                changed++;
                if (copy.Equals(record) || record.Equals(copy))
                {
                    ignored.Add($"{record.GetType().Name}.{field.Name}");
                }
            }
        }

        changed.ShouldBeGreaterThan(500);
        ignored.Distinct().ShouldBeEmpty();
    }

    private static object[] Models()
    {
        GeneratorDriver driver = GeneratorHarness.Driver().RunGenerators(GeneratorHarness.Compilation(Tour.Source, OverviewTests.Source));
        return [.. driver.GetRunResult().Results.Single().TrackedSteps[TrackingNames.Model].SelectMany(step => step.Outputs).Select(output => output.Value)];
    }

    // Every record that can be reached from a value.
    private static IEnumerable<object> Records(object? value)
    {
        if (value is null or string || value.GetType() is { IsPrimitive: true } or { IsEnum: true })
        {
            return [];
        }

        if (value is IEnumerable items)
        {
            return items.Cast<object?>().SelectMany(Records);
        }

        IEnumerable<object> inner = Fields(value.GetType()).SelectMany(field => Records(field.GetValue(value)));
        return value.GetType().GetMethod("<Clone>$") is null ? inner : inner.Prepend(value);
    }

    private static IEnumerable<FieldInfo> Fields(Type? type) => type is null || type == typeof(object)
        ? []
        : type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Concat(Fields(type.BaseType));

    // Gives a field another value; false where there is none to give.
    private static bool Change(object record, FieldInfo field)
    {
        object? value = field.GetValue(record);
        object? other = value switch
        {
            string text => text + "'",
            int number => number + 1,
            float number => number + 1,
            bool flag => !flag,
            null when field.FieldType == typeof(string) => "new",
            not null when field.FieldType.IsEnum => Enum.ToObject(field.FieldType, Convert.ToInt32(value) + 1),
            IEnumerable items when items.Cast<object>().Any() => Activator.CreateInstance(field.FieldType),
            not null when field.FieldType.IsClass => null,
            _ => value,
        };
        field.SetValue(record, other);
        return !Equals(other, value);
    }
}
