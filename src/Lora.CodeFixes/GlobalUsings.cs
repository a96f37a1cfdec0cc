extern alias generators;

global using System.Collections.Immutable;
global using System.Composition;
global using generators::Lora.Generators;
global using Microsoft.CodeAnalysis;
global using Microsoft.CodeAnalysis.CodeFixes;
global using Microsoft.CodeAnalysis.CSharp;
global using Microsoft.CodeAnalysis.CSharp.Syntax;
global using Microsoft.CodeAnalysis.Editing;
global using Microsoft.CodeAnalysis.Formatting;
global using Microsoft.CodeAnalysis.Simplification;
