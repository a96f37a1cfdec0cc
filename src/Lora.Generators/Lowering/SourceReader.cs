using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>
/// The files of a compilation as something reads the bodies in them. A body that several ask for is bound once; the semantic models are held
/// weakly, so that what nobody works with is given back.
/// </summary>
internal sealed class SourceReader(Compilation compilation)
{
    private static readonly ConditionalWeakTable<Compilation, ConcurrentDictionary<SyntaxTree, WeakReference<SemanticModel>>> _models = new();

    private readonly HashSet<SyntaxTree> _files = [];

    public Compilation Compilation => compilation;

    /// <summary>The files of which more than declarations was read.</summary>
    public IReadOnlyCollection<SyntaxTree> Files => _files;

    public bool Contains(SyntaxTree tree) => compilation.ContainsSyntaxTree(tree);

    /// <summary>Says that bodies or initialisers of a file are read.</summary>
    public void Note(SyntaxTree tree) => _files.Add(tree);

    /// <summary>The meaning of what a file holds.</summary>
    public SemanticModel Model(SyntaxTree tree)
    {
        Note(tree);
        ConcurrentDictionary<SyntaxTree, WeakReference<SemanticModel>> models = _models.GetOrCreateValue(compilation);
        if (models.TryGetValue(tree, out WeakReference<SemanticModel>? held) && held.TryGetTarget(out SemanticModel? model))
        {
            return model;
        }

#pragma warning disable RS1030 // The parts of a class, and the methods that it calls, may stand in several files; each is read with its own file's model.
        model = compilation.GetSemanticModel(tree);
#pragma warning restore RS1030
        models[tree] = new WeakReference<SemanticModel>(model);
        return model;
    }
}
