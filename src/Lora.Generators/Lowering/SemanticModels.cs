using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace Lora.Generators;

/// <summary>
/// The semantic models of a compilation's files, so that a body that several ask for is bound once. They are held weakly: what nobody
/// works with is given back, and nothing outlives the compilation.
/// </summary>
internal static class SemanticModels
{
    private static readonly ConditionalWeakTable<Compilation, ConcurrentDictionary<SyntaxTree, WeakReference<SemanticModel>>> _models = new();

    public static SemanticModel Model(this Compilation compilation, SyntaxTree tree)
    {
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
