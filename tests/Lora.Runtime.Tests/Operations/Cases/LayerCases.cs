extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

internal static partial class OperationCases
{
    private static readonly LoraSettings _adapter = new() { Rank = 2, Alpha = 3 };

    private static IEnumerable<OperationCase> Layers() => [.. Linears(), .. Embeddings(), .. Norms()];

    private static IEnumerable<OperationCase> Linears()
    {
        foreach (bool isFrozen in new[] { true, false })
        {
            foreach (bool hasAdapter in new[] { true, false })
            {
                foreach (bool hasBias in new[] { true, false })
                {
                    Linear layer = Linear.From(Normal(5, 7), hasBias ? Normal(5) : null);
                    R.Tensor weight = R.Tensor.Zeros(5, 7);
                    float[] values = new float[35];
                    layer.CopyWeightTo(values);
                    values.Select(value => (double)value).ToArray().CopyTo(weight.Span);
                    R.Tensor? bias = hasBias ? R.Tensor.From((ReadOnlySpan<float>)layer.Weights[1].Dense!.Span, 5) : null;
                    layer.IsFrozen = isFrozen;
                    Parameter[] trained = [.. Trained(layer), .. Adapt(layer, hasAdapter)];
                    string note = $"{(isFrozen ? "frozen" : "trained")}{(hasAdapter ? " adapted" : "")}{(hasBias ? " with bias" : "")}";
                    foreach (int[] shape in new int[][] { [1, 7], [3, 7], [2, 4, 7] })
                    {
                        yield return OperationCase.OfLayer(layer, note, [Normal(shape)], trained, t =>
                        {
                            int next = 1;
                            var twin = R.Linear.From(isFrozen ? weight : t[next++], bias is null || isFrozen ? bias : t[next++]);
                            twin.Adapter = hasAdapter ? new R.LoraAdapter(t[next], t[next + 1], _adapter.Scaling) : null;
                            return twin.Forward(t[0]);
                        });
                    }
                }
            }
        }
    }

    private static IEnumerable<OperationCase> Embeddings()
    {
        foreach (bool isFrozen in new[] { true, false })
        {
            foreach (bool hasAdapter in new[] { true, false })
            {
                var layer = Embedding.From(Normal(11, 5));
                R.Tensor weight = Twin(layer);
                layer.IsFrozen = isFrozen;
                Parameter[] trained = [.. Trained(layer), .. Adapt(layer, hasAdapter)];
                string note = $"{(isFrozen ? "frozen" : "trained")}{(hasAdapter ? " adapted" : "")}";
                R.Tensor Rows(R.Tensor[] t, int[] ids)
                {
                    int next = 0;
                    var twin = R.Embedding.From(isFrozen ? weight : t[next++]);
                    twin.Adapter = hasAdapter ? new R.LoraAdapter(t[next], t[next + 1], _adapter.Scaling) : null;
                    return twin.Forward(ids);
                }

                foreach (int[] ids in new int[][] { [0], [10, 0, 10, 3, 10, 7], [] })
                {
                    yield return OperationCase.OfLayer(layer, note, [ids], trained, t => Rows(t, ids));
                    yield return OperationCase.OfLayer(
                        layer, note, [ids, 1], trained, t => R.Nn.Reshape(Rows(t, ids), 1, ids.Length, 5));
                }

                int[] sequences = [1, 2, 3, 3, 2, 1];
                yield return OperationCase.OfLayer(layer, note, [sequences, 2], trained, t => R.Nn.Reshape(Rows(t, sequences), 2, 3, 5));
            }
        }
    }

    private static IEnumerable<OperationCase> Norms()
    {
        foreach (bool isFrozen in new[] { true, false })
        {
            foreach ((int[] shape, float epsilon) in new (int[], float)[] { ([1, 2], 0.5f), ([3], 1e-5f), ([4, 13], 1e-6f), ([2, 3, 16], 0.1f), ([2, 65], 1e-5f) })
            {
                int width = shape[^1];
                string note = isFrozen ? "frozen" : "trained";
                Tensor w = Positive(width);
                Tensor b = Normal(width);
                var rms = RmsNorm.From(w, epsilon);
                rms.IsFrozen = isFrozen;
                yield return OperationCase.OfLayer(rms, note, [Normal(shape)], Trained(rms), t =>
                {
                    var twin = new R.RmsNorm(width, epsilon);
                    twin.SetWeight(isFrozen ? R.Tensor.From((ReadOnlySpan<float>)w.Span, width) : t[1]);
                    return twin.Forward(t[0]);
                });
                foreach (bool hasBias in new[] { true, false })
                {
                    var layer = LayerNorm.From(w, hasBias ? b : null, epsilon);
                    layer.IsFrozen = isFrozen;
                    yield return OperationCase.OfLayer(layer, hasBias ? $"{note} with bias" : note, [Normal(shape)], Trained(layer), t =>
                    {
                        var twin = new R.LayerNorm(width, epsilon);
                        twin.SetWeight(isFrozen ? R.Tensor.From((ReadOnlySpan<float>)w.Span, width) : t[1]);
                        if (hasBias)
                        {
                            twin.SetBias(isFrozen ? R.Tensor.From((ReadOnlySpan<float>)b.Span, width) : t[2]);
                        }

                        return twin.Forward(t[0]);
                    });
                }
            }
        }
    }

    // An adapter of which neither side is zero.
    private static Parameter[] Adapt(AdaptedLayer layer, bool hasAdapter)
    {
        if (!hasAdapter)
        {
            return [];
        }

        layer.Attach(_adapter, "layer");
        LoraAdapter adapter = layer.Adapter!;
        Normal(adapter.A.Shape).Span.CopyTo(adapter.A.Span);
        Normal(adapter.B.Shape).Span.CopyTo(adapter.B.Span);
        return [adapter.A, adapter.B];
    }
}
