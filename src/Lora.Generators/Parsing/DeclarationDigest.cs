using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators;

/// <summary>
/// What the bodies of one file can see of a program: its declarations, references and options. Two programs of one digest differ only in white
/// space, comments, and what stands in bodies and initialisers.
/// </summary>
internal static class DeclarationDigest
{
    private static readonly ConditionalWeakTable<Compilation, string> _ofPrograms = new();
    private static readonly ConditionalWeakTable<SyntaxTree, string> _ofFiles = new();

    public static string Of(Compilation compilation) => _ofPrograms.GetValue(compilation, static asked =>
    {
        var text = new StringBuilder();
        text.Append(asked.AssemblyName).Append('\n').Append(Identity.Of(asked.Options)).Append('\n');
        foreach (MetadataReference reference in asked.References)
        {
            text.Append(Identity.Of(reference)).Append(' ');
        }

        foreach (SyntaxTree tree in asked.SyntaxTrees)
        {
            text.Append('\n').Append(_ofFiles.GetValue(tree, static file => OfFile(file)));
        }

        return Hash(text);
    });

    private static string OfFile(SyntaxTree tree)
    {
        var options = (CSharpParseOptions)tree.Options;
        var text = new StringBuilder();
        text.Append(tree.FilePath).Append('\n').Append((int)options.LanguageVersion).Append(' ').Append((int)options.Kind).Append('\n');
        foreach (KeyValuePair<string, string> feature in options.Features)
        {
            text.Append(feature.Key).Append('=').Append(feature.Value).Append('\n');
        }

        Write(tree.GetRoot(), text);
        return Hash(text);
    }

    // The kinds of nodes and the texts of tokens, in order: white space and comments do not count.
    private static void Write(SyntaxNode root, StringBuilder text)
    {
        foreach (SyntaxNodeOrToken part in root.DescendantNodesAndTokensAndSelf(static node => !IsInner(node)))
        {
            text.Append(part.RawKind).Append(part.IsMissing ? '?' : ' ');
            if (part.AsNode() is not { } node)
            {
                text.Append(part.ToString()).Append('\0');
                if (part.ContainsDirectives)
                {
                    WriteNullable(part.GetLeadingTrivia(), text);
                }
            }
            else if (!IsInner(node))
            {
                text.Append(node.ChildNodesAndTokens().Count).Append(' ');
            }
            else if (node.ContainsDirectives)
            {
                WriteNullable(node.DescendantTrivia(), text);
            }
        }
    }

    // What no other file can see: bodies, and values that are no constants.
    private static bool IsInner(SyntaxNode node) => node switch
    {
        BlockSyntax { Parent: BaseMethodDeclarationSyntax } => true,
        ArrowExpressionClauseSyntax { Parent: BaseMethodDeclarationSyntax } => true,
        BlockSyntax or ArrowExpressionClauseSyntax => !HasFieldKeyword(node),
        EqualsValueClauseSyntax { Parent: PropertyDeclarationSyntax } => true,
        EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax field } } => !field.Modifiers.Any(SyntaxKind.ConstKeyword),
        _ => false,
    };

    // 'field' in an accessor makes a field of the class.
    private static bool HasFieldKeyword(SyntaxNode node) => node.DescendantTokens().Any(token => token.Text is "field" or "@field");

    private static void WriteNullable(IEnumerable<SyntaxTrivia> trivia, StringBuilder text)
    {
        foreach (SyntaxTrivia directive in trivia)
        {
            if (directive.IsKind(SyntaxKind.NullableDirectiveTrivia))
            {
                text.Append('#').Append(Lines.Collapse(directive.ToString())).Append('\n');
            }
        }
    }

    private static string Hash(StringBuilder text)
    {
        using var algorithm = SHA256.Create();
        return Convert.ToBase64String(algorithm.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
