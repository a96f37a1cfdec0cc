extern alias reference;

using System.Collections;
using System.Reflection;
using Reference = reference::Lora;

namespace Lora.Generators.Tests;

/// <summary>
/// A model and its twin in double precision, made by the same text. Their objects are walked side by side, field by field, which is
/// independent of the names and the visiting order that the generator chose.
/// </summary>
internal sealed class TwinModel
{
    private readonly HashSet<object> _visited = new(ReferenceEqualityComparer.Instance);
    private readonly List<LayerPair> _layers = [];
    private readonly List<(Tensor Real, Reference.Tensor Twin)> _constants = [];

    public TwinModel(object real, object twin) => Walk(real, twin, "model", null);

    /// <summary>Every layer, once, with the member that it was first found in.</summary>
    public IReadOnlyList<LayerPair> Layers => _layers;

    /// <summary>Tensors that the model holds as constants.</summary>
    public IEnumerable<Tensor> Constants => _constants.Select(pair => pair.Real);

    /// <summary>Gives weights and adapters values that depend on the seed alone and hide nothing, B ≠ 0 above all.</summary>
    public void Randomize(ulong seed)
    {
        foreach (LayerPair pair in _layers)
        {
            foreach (LayerWeight weight in pair.Real.Weights)
            {
                Tensor values = weight.ToTensor();
                Fill(values.Span, weight.Shape.Rank == 2 ? 1 / MathF.Sqrt(weight.Shape[1]) : 0.3f, seed++);
                if (weight.Shape.Rank == 1)
                {
                    // A norm's weight lies about 1; a bias above 0, so that rectifiers are not all shut.
                    Shift(values.Span, weight.Name == "weight" ? 1 : 0.5f);
                }

                weight.Set(values.Span);
            }

            if (pair.Real is AdaptedLayer { Adapter: { } adapter })
            {
                Fill(adapter.A.Span, 0.4f, seed++);
                Fill(adapter.B.Span, 0.4f, seed++);
            }
        }
    }

    /// <summary>Copies all that the real model holds to its twin.</summary>
    public void CopyToTwin()
    {
        foreach (LayerPair pair in _layers)
        {
            foreach (LayerWeight weight in pair.Real.Weights)
            {
                Copy(weight.ToTensor(), pair.Twin.Weights[weight.Name]);
            }

            if (pair.Real is AdaptedLayer { Adapter: { } adapter })
            {
                double scaling = adapter.Alpha / (adapter.Settings.UseRsLora ? Math.Sqrt(adapter.Rank) : adapter.Rank);
                ((Reference.AdaptedLayer)pair.Twin).Adapter = new Reference.LoraAdapter(Twin(adapter.A.Value), Twin(adapter.B.Value), scaling);
            }
        }

        foreach ((Tensor real, Reference.Tensor twin) in _constants)
        {
            Copy(real, twin);
        }
    }

    /// <summary>What training changes, with the twin's tensor for each: those of every adapter, and all weights of what is not frozen.</summary>
    public List<(Parameter Parameter, Reference.Tensor Twin)> Trainable()
    {
        var trainable = new List<(Parameter, Reference.Tensor)>();
        foreach (LayerPair pair in _layers)
        {
            if (!pair.Real.IsFrozen)
            {
                trainable.AddRange(pair.Real.Weights.Select(weight => (weight.Dense!, pair.Twin.Weights[weight.Name])));
            }

            if (pair.Real is AdaptedLayer { Adapter: { } adapter })
            {
                Reference.LoraAdapter twin = ((Reference.AdaptedLayer)pair.Twin).Adapter!;
                trainable.Add((adapter.A, twin.A));
                trainable.Add((adapter.B, twin.B));
            }
        }

        return trainable;
    }

    /// <summary>The bits of all that training must leave as it is.</summary>
    public List<float[]> FrozenBits() =>
    [
        .. _layers.Where(pair => pair.Real.IsFrozen).SelectMany(pair => pair.Real.Weights).Select(weight => weight.ToTensor().Span.ToArray()),
        .. _constants.Select(pair => pair.Real.Span.ToArray()),
    ];

    public static Reference.Tensor Twin(Tensor tensor) => Reference.Tensor.From((ReadOnlySpan<float>)tensor.Span, tensor.Shape);

    private static void Copy(Tensor real, Reference.Tensor twin)
    {
        if (!real.Shape.SequenceEqual(twin.Shape))
        {
            throw new ProgramFaultException($"A tensor of the twin has another shape: {real}, {twin}.");
        }

        for (int i = 0; i < real.Length; i++)
        {
            twin.Span[i] = real.Span[i];
        }
    }

    private static void Fill(Span<float> values, float deviation, ulong seed) => new LoraRandom(seed).FillNormal(values, deviation);

    private static void Shift(Span<float> values, float offset)
    {
        foreach (ref float value in values)
        {
            value += offset;
        }
    }

    private void Walk(object? real, object? twin, string path, MemberInfo? member)
    {
        if (real is null != twin is null)
        {
            throw new ProgramFaultException($"{path} is null on one side only.");
        }

        if (real is null || twin is null || real is string or Delegate || real.GetType() is { IsPrimitive: true } or { IsEnum: true })
        {
            return;
        }

        if (!real.GetType().IsValueType && !_visited.Add(real))
        {
            return;
        }

        switch (real)
        {
            case Layer layer:
                _layers.Add(new LayerPair(path, layer, (Reference.Layer)twin, member));
                break;
            case Tensor tensor:
                _constants.Add((tensor, (Reference.Tensor)twin));
                break;
            case IEnumerable items:
                object?[] twins = [.. ((IEnumerable)twin).Cast<object?>()];
                int index = 0;
                foreach (object? item in items)
                {
                    Walk(item, twins[index], $"{path}[{index++}]", member);
                }

                break;
            default:
                if (real.GetType().Assembly != typeof(Tensor).Assembly && real.GetType().Assembly != typeof(object).Assembly)
                {
                    WalkFields(real, twin, path);
                }

                break;
        }
    }

    // By the twin's fields, since the real type has generated ones too.
    private void WalkFields(object real, object twin, string path)
    {
        const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        (Type? realType, Type? twinType) = (real.GetType(), twin.GetType());
        while (realType is not null && twinType is not null && twinType != typeof(object))
        {
            foreach (FieldInfo twinField in twinType.GetFields(Declared))
            {
                string name = twinField.Name;
                PropertyInfo? property = name.StartsWith('<') ? realType.GetProperty(name[1..name.IndexOf('>')], Declared) : null;
                FieldInfo? field = realType.GetField(name, Declared);
                object? value = field is not null ? field.GetValue(real)
                    : property is not null ? property.GetValue(real)
                    : throw new ProgramFaultException($"{path} has no field {name}.");
                Walk(value, twinField.GetValue(twin), $"{path}.{property?.Name ?? name}", property ?? (MemberInfo?)field);
            }

            (realType, twinType) = (realType.BaseType, twinType.BaseType);
        }
    }
}

/// <summary>A layer, its twin, and the member that holds it.</summary>
internal sealed record LayerPair(string Path, Layer Real, reference::Lora.Layer Twin, MemberInfo? Member);
