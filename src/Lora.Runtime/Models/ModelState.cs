using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Lora;

/// <summary>
/// What the runtime knows of one model: its layers under their paths, its trainable parameters, and the memory of its training steps.
/// It is made on the first use of a generated member, which also attaches the adapters that the members are marked with.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class ModelState
{
    private static readonly ConditionalWeakTable<ILoraModel, ModelState> _states = [];
    private static readonly Lock _attaching = new();

    private readonly List<NamedLayer> _layers;
    private readonly Dictionary<Type, object> _saved = [];
    private IReadOnlyList<Parameter> _trainableParameters = [];
    private int _seenChanges = -1;
    private int _isBusy;
    private int _calls;
    private long _versionOfCall;

    private ModelState(List<NamedLayer> layers, IPeftModel? peftModel)
    {
        _layers = layers;
        PeftModel = peftModel;
    }

    /// <summary>The number of the next training call, which random draws depend on.</summary>
    public int NextStep { get; set; }

    /// <summary>What training changes.</summary>
    public IReadOnlyList<Parameter> TrainableParameters
    {
        get
        {
            int changes = Layer.Changes;
            if (_seenChanges != changes)
            {
                _trainableParameters = CollectTrainableParameters();
                _seenChanges = changes;
            }

            return _trainableParameters;
        }
    }

    internal Workspace Workspace { get; } = new();

    /// <summary>The model, where it says what PEFT asks of it.</summary>
    internal IPeftModel? PeftModel { get; }

    internal IReadOnlyList<NamedLayer> Layers => _layers;

    /// <summary>The layers that can carry adapters, with their paths.</summary>
    internal IEnumerable<(string Path, AdaptedLayer Layer)> AdaptedLayers =>
        _layers.Where(named => named.Layer is AdaptedLayer).Select(named => (named.Path, (AdaptedLayer)named.Layer));

    /// <summary>The state of a model, made on the first call.</summary>
    /// <param name="model">The model.</param>
    public static ModelState Of(ILoraModel model) => _states.TryGetValue(model, out ModelState? state) ? state : Attach(model);

    /// <summary>Begins a training call: takes back the memory of the one before.</summary>
    /// <exception cref="InvalidOperationException">Another training call on the model is running, or its adapters are merged.</exception>
    public TrainingCall BeginCall()
    {
        Enter();
        try
        {
            RefuseMerged("train");
            var key = new RandomKey(LoraRandom.Seed, NextStep++, 1);
            Workspace.DroppingLayers.Clear();
            foreach (NamedLayer layer in _layers)
            {
                if (layer.Layer is AdaptedLayer { Adapter: { } adapter } adapted)
                {
                    adapter.DrawnFrom = null;
                    if (adapter.Settings.Dropout > 0)
                    {
                        adapted.BeginStep(key.Seed, key.Step);
                        Workspace.DroppingLayers.Add(adapted);
                    }
                }
            }

            _versionOfCall = Version();
            Workspace.Reset(key);
            return new TrainingCall(this, ++_calls);
        }
        catch
        {
            EndCall();
            throw;
        }
    }

    /// <summary>Goes on with a training call: its backward pass, once.</summary>
    /// <param name="number">The call's number.</param>
    /// <exception cref="InvalidOperationException">
    /// Another training call was begun since, or the backward pass has been run, or the layers are no longer what the forward pass ran through.
    /// </exception>
    public TrainingCall ResumeCall(int number)
    {
        Enter();
        if (_calls != number)
        {
            EndCall();
            throw new InvalidOperationException(
                "The pullback has been used, or another training call on the model came after it: call the method again for a new one.");
        }

        if (_versionOfCall != Version())
        {
            EndCall();
            throw new InvalidOperationException(
                "The model's layers have changed since the forward pass: an adapter was applied, loaded, merged or unmerged, or a layer frozen or unfrozen. "
                + "Call the method again for a new pullback.");
        }

        return new TrainingCall(this, ++_calls);
    }

    /// <summary>A workspace that measures a training step in place of running it.</summary>
    /// <exception cref="InvalidOperationException">Adapters are merged: the model cannot be trained.</exception>
    public Workspace Measure()
    {
        RefuseMerged("measure its training");
        return Workspace.Measuring();
    }

    /// <summary>What a method saves for its backward pass, kept from step to step.</summary>
    /// <typeparam name="T">The generated class.</typeparam>
    public T Saved<T>()
        where T : class, new()
    {
        if (!_saved.TryGetValue(typeof(T), out object? saved))
        {
            saved = new T();
            _saved.Add(typeof(T), saved);
        }

        return (T)saved;
    }

    /// <summary>The wrapper of a marked layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="name">Its name, for the error where it has no adapter now.</param>
    public LoraLinear Wrapper(Linear? layer, string name) => LoraLinear.Of(layer ?? throw NoLayer(name), name);

    /// <inheritdoc cref="Wrapper(Linear?, string)"/>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Reached through the state, so that the adapters are attached.")]
    public LoraEmbedding Wrapper(Embedding? layer, string name) => LoraEmbedding.Of(layer ?? throw NoLayer(name), name);

    private static InvalidOperationException NoLayer(string name) => new($"The model was made without the layer '{name}': it is null.");

    internal void EndCall() => Volatile.Write(ref _isBusy, 0);

    internal void RefuseMerged(string action)
    {
        foreach (NamedLayer layer in _layers)
        {
            if (layer.Layer is AdaptedLayer { IsMerged: true })
            {
                throw new InvalidOperationException($"The adapter of '{layer.Path}' is merged into its weights: call UnmergeAdapters() before you {action}.");
            }
        }
    }

    private long Version()
    {
        long sum = 0;
        foreach (NamedLayer layer in _layers)
        {
            sum += layer.Layer.Version;
        }

        return sum;
    }

    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _isBusy, 1, 0) != 0)
        {
            throw new InvalidOperationException(
                "A training member of this model is running on another thread: training is one caller at a time. Plain Forward calls may run beside each other.");
        }
    }

    private static ModelState Attach(ILoraModel model)
    {
        lock (_attaching)
        {
            if (_states.TryGetValue(model, out ModelState? existing))
            {
                return existing;
            }

            var visitor = new LayerVisitor();
            visitor.VisitRoot(model);
            foreach (NamedLayer named in visitor.Layers)
            {
                named.Layer.FoundAt(named.Path);
                if (named.Adapter is { } settings && named.Layer is AdaptedLayer layer && layer.Adapters.Count == 0)
                {
                    try
                    {
                        layer.Attach(settings, named.Path);
                    }
                    catch (ArgumentException fault)
                    {
                        throw new InvalidOperationException($"The adapter of '{named.Path}' cannot be made. {fault.Message}", fault);
                    }
                }

                if (named.IsTrainable)
                {
                    named.Layer.IsFrozen = false;
                }
            }

            var state = new ModelState(visitor.Layers, model as IPeftModel);
            _states.Add(model, state);
            return state;
        }
    }

    private List<Parameter> CollectTrainableParameters()
    {
        var parameters = new List<Parameter>();
        foreach (NamedLayer named in _layers)
        {
            foreach (LayerWeight weight in named.Layer.Weights)
            {
                if (!weight.IsFrozen)
                {
                    weight.Dense!.Name = $"{named.Layer.Path}.{weight.Name}";
                    parameters.Add(weight.Dense);
                }
            }

            if (named.Layer is AdaptedLayer { Adapter: { } adapter })
            {
                parameters.AddRange(adapter.Parameters);
            }
        }

        return parameters;
    }
}
