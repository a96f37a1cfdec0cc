using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators;

/// <summary>Reports literal targets of <c>ApplyLora</c> that no layer of the model has in its path.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TargetAnalyzer : DiagnosticAnalyzer
{
    private const int NamesShown = 8;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Descriptors.NoSuchLayer];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSyntaxNodeAction(Analyze, SyntaxKind.InvocationExpression);
    }

    private static void Analyze(SyntaxNodeAnalysisContext context)
    {
        var call = (InvocationExpressionSyntax)context.Node;
        if (call.ArgumentList.Arguments.Count != 1 || ModelOf(call, context) is not { } model
            || Options(call.ArgumentList.Arguments[0].Expression, context) is not { } options
            || Setting(options, "TargetModules") is not { } targets)
        {
            return;
        }

        string matching = Setting(options, "TargetMatching") switch
        {
            null => "Contains",
            MemberAccessExpressionSyntax value => value.Name.Identifier.ValueText,
            _ => "",
        };
        IReadOnlyList<string>? paths = null;
        foreach (ExpressionSyntax element in Elements(targets))
        {
            if (context.SemanticModel.GetConstantValue(element, context.CancellationToken) is not { HasValue: true, Value: string { Length: > 0 } target })
            {
                continue;
            }

            paths ??= LayerPaths.Of(model, context.Compilation);
            if (paths is null)
            {
                return;
            }

            if (!paths.Any(path => TargetMatcher.Matches(target, matching, path)))
            {
                Report(context, element, target, matching, model, paths);
            }
        }
    }

    private static void Report(SyntaxNodeAnalysisContext context, ExpressionSyntax element, string target, string matching, INamedTypeSymbol model, IReadOnlyList<string> paths)
    {
        string? nearest = matching == "Regex" ? null : TargetMatcher.Nearest(target, paths);
        string means = matching switch
        {
            "Suffix" => "no path is it or ends with a dot and it",
            "Regex" => "no whole path fits the regular expression",
            _ => "no path contains it",
        };
        string shown = string.Join(", ", paths.Take(NamesShown).Select(path => path.Replace(LayerPaths.Index, 'N')));
        string there = paths.Count == 0 ? "It has no Linear or Embedding" : $"The layers there are: {shown}{(paths.Count > NamesShown ? ", …" : "")}";
        context.ReportDiagnostic(Diagnostic.Create(
            Descriptors.NoSuchLayer, element.GetLocation(), nearest is null ? Fix.None.Properties : Fix.Of(Fix.Name, nearest).Properties, target, model.Name, means, there));
    }

    // The model whose ApplyLora is called. What is generated may not be there yet, so the name alone says so.
    private static INamedTypeSymbol? ModelOf(InvocationExpressionSyntax call, SyntaxNodeAnalysisContext context)
    {
        (SimpleNameSyntax? name, ITypeSymbol? type) = call.Expression switch
        {
            MemberAccessExpressionSyntax access => (access.Name, context.SemanticModel.GetTypeInfo(access.Expression, context.CancellationToken).Type),
            MemberBindingExpressionSyntax binding when binding.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>() is { } access =>
                (binding.Name, context.SemanticModel.GetTypeInfo(access.Expression, context.CancellationToken).Type),
            IdentifierNameSyntax own => (own, context.ContainingSymbol?.ContainingType),
            _ => ((SimpleNameSyntax?)null, (ITypeSymbol?)null),
        };
        return name?.Identifier.ValueText == "ApplyLora" && type is INamedTypeSymbol model && model.IsModel() ? model : null;
    }

    // The initializer of new LoraOptions { … }, written as the argument or as the value of a local that is never set again.
    private static InitializerExpressionSyntax? Options(ExpressionSyntax argument, SyntaxNodeAnalysisContext context)
    {
        if (argument is IdentifierNameSyntax name
            && context.SemanticModel.GetSymbolInfo(name, context.CancellationToken).Symbol is ILocalSymbol local
            && local.DeclaringSyntaxReferences[0].GetSyntax(context.CancellationToken) is VariableDeclaratorSyntax { Initializer.Value: { } value } declarator
            && !IsSetAgain(declarator))
        {
            argument = value;
        }

        return (argument as BaseObjectCreationExpressionSyntax)?.Initializer;
    }

    private static bool IsSetAgain(VariableDeclaratorSyntax declarator)
    {
        SyntaxNode? scope = declarator.FirstAncestorOrSelf<MemberDeclarationSyntax>(member => member is not GlobalStatementSyntax) ?? declarator.SyntaxTree.GetRoot();
        return scope.DescendantNodes().OfType<AssignmentExpressionSyntax>()
            .Any(assignment => assignment.Left is IdentifierNameSyntax target && target.Identifier.ValueText == declarator.Identifier.ValueText);
    }

    private static ExpressionSyntax? Setting(InitializerExpressionSyntax options, string name) => options.Expressions
        .OfType<AssignmentExpressionSyntax>()
        .FirstOrDefault(setting => setting.Left is IdentifierNameSyntax property && property.Identifier.ValueText == name)?.Right;

    private static IEnumerable<ExpressionSyntax> Elements(ExpressionSyntax list) => list switch
    {
        CollectionExpressionSyntax collection => collection.Elements.OfType<ExpressionElementSyntax>().Select(element => element.Expression),
        ArrayCreationExpressionSyntax { Initializer: { } items } => items.Expressions,
        ImplicitArrayCreationExpressionSyntax { Initializer: var items } => items.Expressions,
        BaseObjectCreationExpressionSyntax { Initializer: { } items } => items.Expressions,
        _ => [],
    };
}
