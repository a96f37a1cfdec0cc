using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Lora.Generators;

/// <summary>
/// Generates the training code of models. Attributed members are read to values (<see cref="ModelParser"/>), and values written to text
/// (<see cref="ModelWriter"/>); diagnostics come from the analyzers, by the same reading.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class LoraGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        Register(context, KnownNames.Differentiable, (node, _) => node is MethodDeclarationSyntax, isFirst: (type, member) =>
            SymbolEqualityComparer.Default.Equals(ModelParser.DifferentiableMethods(type).FirstOrDefault(), member));
        Register(context, KnownNames.Lora, (node, _) => node is VariableDeclaratorSyntax or PropertyDeclarationSyntax, isFirst: (type, member) =>
            !ModelParser.DifferentiableMethods(type).Any()
            && SymbolEqualityComparer.Default.Equals(type.GetMembers().FirstOrDefault(candidate => candidate.Has(KnownNames.Lora)), member));
    }

    // Each attributed member of a class asks, and the first one answers for the whole class.
    private static void Register(
        IncrementalGeneratorInitializationContext context, string attribute, Func<SyntaxNode, CancellationToken, bool> predicate, Func<INamedTypeSymbol, ISymbol, bool> isFirst)
    {
        IncrementalValuesProvider<ModelSpec> models = context.SyntaxProvider
            .ForAttributeWithMetadataName(attribute, predicate, (match, cancellation) =>
                ModelCache.GetOrRead(match.TargetNode, match.SemanticModel.Compilation, sources =>
                    match.TargetSymbol.ContainingType is { } type && isFirst(type, (match.TargetSymbol as IMethodSymbol)?.PartialDefinitionPart ?? match.TargetSymbol)
                        ? ModelParser.Parse(type, sources, cancellation)
                        : null))
            .Where(model => model is not null)
            .Select((model, _) => model!)
            .WithTrackingName(TrackingNames.Model);

        IncrementalValuesProvider<(string HintName, string Text)> sources = models
            .Select((model, cancellation) => (model.HintName, ModelWriter.Write(model, cancellation)))
            .WithTrackingName(TrackingNames.Source);

        context.RegisterSourceOutput(sources, (output, source) => output.AddSource(source.HintName, SourceText.From(source.Text, Encoding.UTF8)));
    }
}
