using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Lora.Generators;

/// <summary>Reports what the generator could not read in a model class, by reading it the same way.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ModelAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Descriptors.NotPartial,
        Descriptors.NotAdaptable,
        Descriptors.RankTooSmall,
        Descriptors.AlphaNotPositive,
        Descriptors.SameStateName,
        Descriptors.NameTaken,
        Descriptors.Unsupported,
        Descriptors.NoDerivative,
        Descriptors.Mutation,
        Descriptors.DataDependent,
        Descriptors.Write,
        Descriptors.Escape,
        Descriptors.NotDifferentiable,
        Descriptors.Constant,
        Descriptors.Dispatch,
        Descriptors.GeneratedMember,
        Descriptors.BadRule,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.DeclaresModel())
        {
            ModelParser.Parse(type, context.Compilation, new AnalyzerSink(context), context.CancellationToken);
        }

        foreach (ISymbol member in type.GetMembers())
        {
            if (member is IMethodSymbol operation && operation.Has(KnownNames.Derivative) && RuleBinder.For(operation) is { Fault: { } fault } rule)
            {
                context.ReportDiagnostic(Diagnostic.Create(Descriptors.BadRule, operation.Locations[0], operation.Name, fault, rule.Expected));
            }
        }
    }

    private sealed class AnalyzerSink(SymbolAnalysisContext context) : IDiagnosticSink
    {
        public void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments) =>
            context.ReportDiagnostic(Diagnostic.Create(descriptor, location, arguments));

        public void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments) =>
            context.ReportDiagnostic(Diagnostic.Create(descriptor, location, fix.Properties, arguments));
    }
}
