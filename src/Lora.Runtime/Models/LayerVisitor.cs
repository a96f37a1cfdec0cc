using System.ComponentModel;

namespace Lora;

/// <summary>Collects a model's layers under their dotted paths. A layer that is reachable by two paths counts once, under the first, with the marks of both.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LayerVisitor
{
    private readonly List<NamedLayer> _layers = [];
    private readonly Dictionary<Layer, int> _positions = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ILoraModel> _models = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<ILoraModel> _trainableModels = new(ReferenceEqualityComparer.Instance);
    private string _prefix = "";
    private bool _isTrainable;

    internal LayerVisitor()
    {
    }

    internal List<NamedLayer> Layers => _layers;

    internal void VisitRoot(ILoraModel model)
    {
        _models.Add(model);
        model.VisitLayers(this);
    }

    /// <summary>Shows a layer.</summary>
    /// <param name="name">Its name in the model that shows it.</param>
    /// <param name="layer">The layer; null for an optional one that is not there.</param>
    /// <param name="adapter">The adapter that it has by default, or null.</param>
    /// <param name="isTrainable">Whether it is marked to be trained in full.</param>
    public void Visit(string name, Layer? layer, LoraSettings? adapter = null, bool isTrainable = false)
    {
        if (layer is null)
        {
            return;
        }

        isTrainable |= _isTrainable;
        if (_positions.TryGetValue(layer, out int position))
        {
            NamedLayer known = _layers[position];
            _layers[position] = known with { Adapter = known.Adapter ?? adapter, IsTrainable = known.IsTrainable || isTrainable };
            return;
        }

        _positions.Add(layer, _layers.Count);
        _layers.Add(new NamedLayer(_prefix + name, layer, adapter, isTrainable));
    }

    /// <summary>Shows layers with an index each.</summary>
    /// <param name="name">The name of the array or list.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="adapter">The adapter that each has by default, or null.</param>
    /// <param name="isTrainable">Whether they are marked to be trained in full.</param>
    public void Visit(string name, IEnumerable<Layer?>? layers, LoraSettings? adapter = null, bool isTrainable = false)
    {
        int index = 0;
        foreach (Layer? layer in layers ?? [])
        {
            Visit($"{name}.{index++}", layer, adapter, isTrainable);
        }
    }

    /// <summary>Shows layers with two indices each.</summary>
    /// <param name="name">The name of the array of arrays.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="isTrainable">Whether they are marked to be trained in full.</param>
    public void Visit(string name, IEnumerable<IEnumerable<Layer?>?>? layers, bool isTrainable = false)
    {
        int index = 0;
        foreach (IEnumerable<Layer?>? row in layers ?? [])
        {
            Visit($"{name}.{index++}", row, isTrainable: isTrainable);
        }
    }

    /// <summary>Shows a submodel.</summary>
    /// <param name="name">Its name in the model that shows it.</param>
    /// <param name="model">The submodel; null for an optional one that is not there.</param>
    /// <param name="isTrainable">Whether it is marked to be trained in full.</param>
    public void Visit(string name, ILoraModel? model, bool isTrainable = false)
    {
        (string prefix, bool wasTrainable) = (_prefix, _isTrainable);
        isTrainable |= wasTrainable;
        if (model is null || !(isTrainable ? _trainableModels : _models).Add(model))
        {
            return;
        }

        _prefix = $"{prefix}{name}.";
        _isTrainable = isTrainable;
        model.VisitLayers(this);
        (_prefix, _isTrainable) = (prefix, wasTrainable);
    }

    /// <summary>Shows submodels with an index each.</summary>
    /// <param name="name">The name of the array or list.</param>
    /// <param name="models">The submodels.</param>
    /// <param name="isTrainable">Whether they are marked to be trained in full.</param>
    public void Visit(string name, IEnumerable<ILoraModel?>? models, bool isTrainable = false)
    {
        int index = 0;
        foreach (ILoraModel? model in models ?? [])
        {
            Visit($"{name}.{index++}", model, isTrainable);
        }
    }

    /// <summary>Shows submodels with two indices each.</summary>
    /// <param name="name">The name of the array of arrays.</param>
    /// <param name="models">The submodels.</param>
    /// <param name="isTrainable">Whether they are marked to be trained in full.</param>
    public void Visit(string name, IEnumerable<IEnumerable<ILoraModel?>?>? models, bool isTrainable = false)
    {
        int index = 0;
        foreach (IEnumerable<ILoraModel?>? row in models ?? [])
        {
            Visit($"{name}.{index++}", row, isTrainable);
        }
    }
}

/// <summary>A layer under its path, with what its member is marked with.</summary>
internal sealed record NamedLayer(string Path, Layer Layer, LoraSettings? Adapter, bool IsTrainable);
