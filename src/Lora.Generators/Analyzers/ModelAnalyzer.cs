using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
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
        Descriptors.NeverRead,
        Descriptors.NameTaken,
        Descriptors.TiedAdapter,
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
        Descriptors.LanguageTooOld,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            LoweredMethods methods = LoweredMethods.Of(start.Compilation);
            start.RegisterSymbolAction(symbol => Analyze(symbol, methods), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, LoweredMethods methods)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.DeclaresModel())
        {
            var sink = new AnalyzerSink(context);
            if (ModelParser.Parse(type, (CSharpCompilation)context.Compilation, methods, sink, context.CancellationToken) is { IsLanguageTooOld: false })
            {
                new LayerReads(type, new SourceReader(context.Compilation), context.CancellationToken).ReportUnread(sink);
            }
        }

        foreach (ISymbol member in type.GetMembers())
        {
            if (member is IMethodSymbol operation && operation.Has(KnownNames.Derivative) && RuleBinder.For(operation) is { Fault: { } fault } rule)
            {
                context.ReportDiagnostic(Diagnostic.Create(Descriptors.BadRule, operation.Locations[0], rule.Fix.Properties, operation.Name, fault, rule.Expected));
            }
        }
    }

    // A fault of a member that several bodies find is one.
    private sealed class AnalyzerSink(SymbolAnalysisContext context) : IDiagnosticSink
    {
        private readonly HashSet<(string Id, Location Location)> _reported = [];

        public void Report(DiagnosticDescriptor descriptor, Location location, params object[] arguments) => Report(descriptor, location, Fix.None, arguments);

        public void Report(DiagnosticDescriptor descriptor, Location location, Fix fix, params object[] arguments)
        {
            if (_reported.Add((descriptor.Id, location)))
            {
                context.ReportDiagnostic(Diagnostic.Create(descriptor, location, fix.Properties, arguments));
            }
        }
    }
}
