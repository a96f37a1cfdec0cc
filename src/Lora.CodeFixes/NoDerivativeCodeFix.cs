extern alias generators;

using System.Collections.Immutable;
using System.Composition;
using generators::Lora.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace Lora.CodeFixes;

/// <summary>LORA2007: marks a parameter <c>[NoDerivative]</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class NoDerivativeCodeFix : EditingCodeFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => ["LORA2007"];

    /// <inheritdoc/>
    protected override string? TitleOf(Diagnostic diagnostic, SyntaxNode node) =>
        diagnostic.Properties.ContainsKey(Fix.NoDerivative) ? "Mark the parameter [NoDerivative]" : null;

    /// <inheritdoc/>
    protected override Task EditAsync(SolutionEditor solution, DocumentEditor document, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellation)
    {
        if (node.FirstAncestorOrSelf<ParameterSyntax>() is { } parameter)
        {
            document.ReplaceNode(parameter, (current, _) =>
            {
                var plain = (ParameterSyntax)current.WithoutLeadingTrivia();
                AttributeListSyntax mark = Syntax.Attribute("NoDerivative").WithTrailingTrivia(SyntaxFactory.Space);
                return plain.WithAttributeLists(plain.AttributeLists.Insert(0, mark)).WithLeadingTrivia(current.GetLeadingTrivia());
            });
        }

        return Task.CompletedTask;
    }
}
