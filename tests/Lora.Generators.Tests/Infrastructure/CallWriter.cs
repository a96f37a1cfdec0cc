using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lora.Generators.Tests;

/// <summary>Writes the few lines of a program's text that call it with arguments that came as objects.</summary>
internal static class CallWriter
{
    public const string TypeName = "LoraTestCalls";

    /// <summary>Adds a class that makes the model, calls its method, and, where the program is generated, what was generated from it.</summary>
    public static CSharpCompilation AddCalls(CSharpCompilation compilation, string create, string methodName, object?[] arguments, bool isGenerated, out IMethodSymbol method)
    {
        INamedTypeSymbol model = TypeOf(compilation, create);
        IMethodSymbol[] candidates =
            [.. model.GetMembers(methodName).OfType<IMethodSymbol>().Where(candidate => Fits(candidate, arguments) && IsDifferentiable(candidate))];
        method = candidates is [var only] ? only : throw new ArgumentException($"{candidates.Length} differentiable methods of {model} fit '{methodName}'.");

        string type = model.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        string passed = string.Join(", ", method.Parameters.Select((parameter, index) => Argument(parameter.Type, index)));
        string shapes = string.Join(", ", method.Parameters.Select((parameter, index) => Shape(parameter, index)));
        string receiver = method.IsStatic ? type : $"(({type})model)";
        string name = "@" + method.Name;
        bool isTensor = method.ReturnType.Name == "Tensor";
        string generated = "";
        if (isGenerated && isTensor)
        {
            generated = $$"""
                public static object Generated(object model, object[] a) => {{receiver}}.{{method.Name}}WithPullback({{passed}});

                public static void Steps(object model, object[] a, global::Lora.Tensor seed, int count)
                {
                    for (int i = 0; i < count; i++)
                    {
                        var pullback = {{receiver}}.{{method.Name}}WithPullback({{passed}});
                        pullback.Backward(seed);
                    }
                }
                """;
        }
        else if (isGenerated)
        {
            generated = $$"""
                public static object Generated(object model, object[] a) => {{receiver}}.{{method.Name}}AndGradients({{passed}});

                public static object Memory(object model, object[] a) => {{receiver}}.{{method.Name}}Memory({{shapes}});

                public static void Steps(object model, object[] a, global::Lora.Tensor seed, int count)
                {
                    for (int i = 0; i < count; i++)
                    {
                        {{receiver}}.{{method.Name}}AndGradients({{passed}});
                    }
                }
                """;
        }

        string text = $$"""
            #nullable disable
            {{UsingsOf(compilation)}}
            public static class {{TypeName}}
            {
                public static object Create() => {{create}};

                public static object Eager(object model, object[] a) => {{receiver}}.{{name}}({{passed}});

                {{generated}}
            }
            """;
        return compilation.AddSyntaxTrees(GeneratorHarness.Parse(text, "Calls.cs"));
    }

    private static INamedTypeSymbol TypeOf(CSharpCompilation compilation, string expression)
    {
        SyntaxTree tree = GeneratorHarness.Parse($"#nullable disable\n{UsingsOf(compilation)}\nfile static class Probe {{ public static object Create() => {expression}; }}", "Probe.cs");
        CSharpCompilation probed = compilation.AddSyntaxTrees(tree);
        ArrowExpressionClauseSyntax arrow = tree.GetRoot().DescendantNodes().OfType<ArrowExpressionClauseSyntax>().First();
        ITypeSymbol? type = probed.GetSemanticModel(tree).GetTypeInfo(arrow.Expression).Type;
        return type is INamedTypeSymbol { TypeKind: not TypeKind.Error } named ? named : throw new ArgumentException($"'{expression}' has no type in the program.");
    }

    // The namespaces that the program itself declares, so that `create` can name its types.
    private static string UsingsOf(CSharpCompilation compilation)
    {
        IEnumerable<string> names = compilation.SyntaxTrees
            .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
            .Select(declaration => declaration.Name.ToString());
        return string.Join("\n", names.Append("Lora").Distinct().Select(name => $"using {name};"));
    }

    private static bool IsDifferentiable(IMethodSymbol method) =>
        method.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "DifferentiableAttribute");

    private static bool Fits(IMethodSymbol method, object?[] arguments) =>
        method.Parameters.Length == arguments.Length
        && method.Parameters.Zip(arguments).All(pair => Fits(pair.First.Type, pair.Second));

    private static bool Fits(ITypeSymbol type, object? argument) => argument switch
    {
        null => true,
        int => type.SpecialType == SpecialType.System_Int32 || type.TypeKind == TypeKind.Enum,
        bool => type.SpecialType == SpecialType.System_Boolean,
        string => type.SpecialType == SpecialType.System_String,
        float or double => type.SpecialType is SpecialType.System_Single or SpecialType.System_Double,
        int[] => type is IArrayTypeSymbol || type.Name == "ReadOnlySpan",
        _ => type.Name == argument.GetType().Name,
    };

    private static string Shape(IParameterSymbol parameter, int index) => parameter.Type.Name switch
    {
        "Tensor" when parameter.NullableAnnotation == NullableAnnotation.Annotated =>
            $"a[{index}] is global::Lora.Tensor t{index} ? new global::Lora.TensorShape(t{index}.Shape) : (global::Lora.TensorShape?)null",
        "Tensor" => $"new global::Lora.TensorShape(((global::Lora.Tensor)a[{index}]).Shape)",
        "ReadOnlySpan" => $"((int[])a[{index}]).Length",
        _ => Argument(parameter.Type, index),
    };

    private static string Argument(ITypeSymbol type, int index)
    {
        string name = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        if (type.Name == "ReadOnlySpan")
        {
            return $"(int[])a[{index}]";
        }

        return type.TypeKind == TypeKind.Enum ? $"({name})(int)a[{index}]" : $"({name})a[{index}]";
    }
}
