using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators.Tests;

/// <summary>An analyzer with a planted fault.</summary>
#pragma warning disable RS1001, RS1036 // No analyzer of a package.
internal sealed class ThrowingAnalyzer : DiagnosticAnalyzer
#pragma warning restore RS1001, RS1036
{
    public const string Message = "planted";

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [new("T1", "Title", "Message", "Test", DiagnosticSeverity.Warning, isEnabledByDefault: true)];

    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(_ => throw new InvalidOperationException(Message), SymbolKind.NamedType);
    }
}
