using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Lora.Generators;

/// <summary>Calls of operations, layers and other differentiable methods.</summary>
internal sealed partial class BodyLowering
{
    private OperandIr? LowerCall(IInvocationOperation call, string name, IOperation? receiver = null)
    {
        IMethodSymbol target = call.TargetMethod;
        IMethodSymbol definition = target.OriginalDefinition;
        bool isTensor = target.ReturnType.IsTensor();
        receiver ??= call.Instance;
        if (call.DescendantsAndSelf().FirstOrDefault(part => ReferencedMember(part) is { } member && member.IsGenerated()) is { } generated)
        {
            ReportGenerated(generated, ReferencedMember(generated)!);
            return null;
        }

        if (definition.Has(KnownNames.Derivative))
        {
            return LowerOperation(call, target, receiver, Arguments(call), ResultName(name, target, receiver));
        }

        if (definition.Has(KnownNames.Differentiable))
        {
            return LowerMethodCall(call, target, receiver, ResultName(name, target, receiver));
        }

        if (definition.Has(KnownNames.NoDerivative))
        {
            if (PlainText(call) is not { } text)
            {
                return null;
            }

            int stopped = NewValue(NameFor(call, name), isTensor);
            Emit(new ConstantIr(stopped, text, IsStopped: true, Uses(call)));
            return OperandIr.Of(stopped);
        }

        if (FindData(call) is null)
        {
            return LowerConstant(call, isTensor, name);
        }

        string hint = target.ContainingType.Name is "Math" or "MathF" or "TensorPrimitives"
            ? "Use the operations of Nn, or declare one with [Derivative]"
            : "Mark it [Differentiable] or [Derivative], or pass its result through Nn.Stop(…)";
        Fault(Descriptors.NoDerivative, call, CallFix(call), target.Name, "it has neither a derivative nor [Differentiable]", hint);
        return null;
    }

    private OperandIr? LowerOperator(IOperation operation, IMethodSymbol method, IOperation[] operands, string name)
    {
        if (!method.OriginalDefinition.Has(KnownNames.Derivative))
        {
            Fault(Descriptors.NoDerivative, operation, StopFix(operation), $"operator {Quote(operation.Syntax)}", "it has no derivative", "Use the operations of Nn");
            return null;
        }

        return LowerOperation(operation, method, null, [.. method.Parameters.Select((parameter, i) => (parameter, (IOperation?)operands[i]))], ResultName(name, method, null));
    }

    private static List<(IParameterSymbol Parameter, IOperation? Value)> Arguments(IInvocationOperation call)
    {
        var arguments = new List<(IParameterSymbol, IOperation?)>();
        foreach (IParameterSymbol parameter in call.TargetMethod.Parameters)
        {
            IArgumentOperation? argument = call.Arguments.FirstOrDefault(candidate => SymbolEqualityComparer.Default.Equals(candidate.Parameter, parameter));
            arguments.Add((parameter, argument is null or { ArgumentKind: Microsoft.CodeAnalysis.Operations.ArgumentKind.DefaultValue } ? null : argument.Value));
        }

        return arguments;
    }

    private OperandIr? LowerOperation(
        IOperation operation, IMethodSymbol method, IOperation? receiver, List<(IParameterSymbol Parameter, IOperation? Value)> operands, string name)
    {
        if (RuleBinder.For(method.OriginalDefinition) is not { } rule)
        {
            return null;
        }

        if (rule.Fault is { } fault)
        {
            _hasFaults = true;
            if (!IsReportedWhereDeclared(method))
            {
                Fault(Descriptors.BadRule, operation, method.Name, fault, rule.Expected);
            }

            return null;
        }

        ArgumentIr? owner = method.IsStatic ? null : LowerReceiver(receiver, method, operands.Select(operand => operand.Value));
        if (!method.IsStatic && owner is null)
        {
            return null;
        }

        List<ArgumentIr>? arguments = LowerArguments(operands, rule.HasGradientOf, method.Name);
        if (arguments is null)
        {
            return null;
        }

        if (method.Name == "Project" && method.ContainingType.Is(KnownNames.Nn))
        {
            RefuseTiedAdapters(operands);
        }

        foreach (ArgumentIr argument in arguments)
        {
            bool isRead = rule.BackwardParameters.Any(parameter => parameter.Role == BackwardRole.Input && parameter.Input == argument.Parameter);
            bool isSpan = argument.Kind == ArgumentKind.Plain && argument.Type.Contains("Span<");
            if (isRead && isSpan && !argument.IsStable)
            {
                Fault(Descriptors.BadRule, operation, method.Name, $"its backward reads the span '{argument.Parameter}', which cannot be saved", "a Tensor, an array or a ReadOnlySpan<int>");
                return null;
            }
        }

        int result = NewValue(name, rule.ReturnsTensor);
        Emit(new CallIr(
            result,
            new OperationIr(
                rule.Declaring.ToSourceNotNull(), owner, PrimalName(method), rule.Into, rule.Shape, rule.Saves, rule.Backward, rule.InPlace, rule.ReturnsTensor,
                rule.ReadsWhereTrained, rule.GradientOver, rule.Recomputes, rule.TakesRank ? RankOf(receiver) : null, rule.BackwardParameters.ToEquatableArray()),
            arguments.ToEquatableArray()));
        _origins?.Add(result, new CallOrigin(operation, method, receiver, operands, rule.Dimensions));
        return OperandIr.Of(result);
    }

    // The adapter of an embedding is no part of the head that shares its table.
    private void RefuseTiedAdapters(List<(IParameterSymbol Parameter, IOperation? Value)> operands)
    {
        foreach ((IParameterSymbol parameter, IOperation? value) in operands)
        {
            if (value is not null && parameter.Type.Is(KnownNames.Embedding) && ReferencedMember(Unwrap(value)) is { } member && member.Has(KnownNames.Lora))
            {
                bool isOwn = SymbolEqualityComparer.Default.Equals(member.ContainingType, _method.ContainingType);
                Fault(Descriptors.TiedAdapter, isOwn ? LocationOf(member) : value.Syntax.GetLocation(), Fix.None, member.Name, _method.Name);
            }
        }
    }

    private OperandIr? LowerMethodCall(IInvocationOperation call, IMethodSymbol target, IOperation? receiver, string name)
    {
        IMethodSymbol definition = target.OriginalDefinition;
        if (IsReportedWhereDeclared(definition) && !HasDerivative(definition))
        {
            _hasFaults = true;
            return null;
        }

        if (IsDispatched(definition))
        {
            Fault(Descriptors.Dispatch, call, target.Name, "which body runs is not known at build time", "Make it an ordinary method of a sealed class");
            return null;
        }

        IMethodSymbol own = (_method.PartialDefinitionPart ?? _method).OriginalDefinition;
        if (new CallFinder(_sources, _cancellation).Reaches(definition, callee => SymbolEqualityComparer.Default.Equals(callee, own)))
        {
            Fault(Descriptors.Dispatch, call, target.Name, "it calls itself, so that what it saves has no bound", "Write a loop over submodels");
            return null;
        }

        ArgumentIr? owner = null;
        List<(IParameterSymbol Parameter, IOperation? Value)> operands = Arguments(call);
        if (!target.IsStatic)
        {
            owner = receiver is null or IInstanceReferenceOperation
                ? Stable("this", target.ContainingType)
                : LowerReceiver(receiver, target, operands.Select(operand => operand.Value));
            if (owner is null)
            {
                return null;
            }
        }

        List<ArgumentIr>? arguments = LowerArguments(
            operands, parameter => definition.Parameters.First(candidate => candidate.Name == parameter).Type.IsTensor(), target.Name);
        if (arguments is null)
        {
            return null;
        }

        bool isTensor = target.ReturnType.IsTensor();
        int result = NewValue(name, isTensor);
        string savedType = Saved(target.ContainingType, $"{target.ContainingType.ToSourceNotNull()}.{definition.SavedTypeName()}");
        Emit(new CallIr(
            result,
            new MethodCallIr(target.ContainingType.ToSourceNotNull(), owner, Naming.Escape(target.Name), savedType, isTensor),
            arguments.ToEquatableArray()));
        _origins?.Add(result, new CallOrigin(call, target, receiver, operands, null));
        return OperandIr.Of(result);
    }

    // A fault of what is called is one error, where it is declared: each call of it is not one more.
    private bool IsReportedWhereDeclared(IMethodSymbol callee) => SymbolEqualityComparer.Default.Equals(callee.ContainingAssembly, _model.Compilation.Assembly);

    // Whether the generator writes a derivative for a differentiable method, or a stub for one that was refused.
    private static bool HasDerivative(IMethodSymbol method) =>
        method.MethodKind == MethodKind.Ordinary && !IsDispatched(method) && !method.IsGenericMethod && method.ContainingType.CanBeExtended() && GeneratedNames.AreFree(method);

    private static bool IsDispatched(IMethodSymbol method) =>
        method.IsVirtual || method.IsAbstract || method.IsOverride || method.ContainingType.TypeKind == TypeKind.Interface;

    private List<ArgumentIr>? LowerArguments(
        List<(IParameterSymbol Parameter, IOperation? Value)> operands, Func<string, bool> hasGradient, string callee)
    {
        // Named arguments are evaluated where they stand.
        var arguments = new ArgumentIr?[operands.Count];
        int[] order = [.. Enumerable.Range(0, operands.Count).OrderBy(i => operands[i].Value?.Syntax.SpanStart ?? int.MaxValue)];
        for (int i = 0; i < order.Length; i++)
        {
            (IParameterSymbol parameter, IOperation? value) = operands[order[i]];
            IOperation?[] later = [.. order.Skip(i + 1).Select(index => operands[index].Value)];
            arguments[order[i]] = LowerArgument(parameter, value, hasGradient(parameter.Name), callee, later);
        }

        return arguments.All(argument => argument is not null) ? [.. arguments.Select(argument => argument!)] : null;
    }

    private ArgumentIr? LowerArgument(IParameterSymbol parameter, IOperation? value, bool hasGradient, string callee, IOperation?[] later)
    {
        bool isConstant = parameter.OriginalDefinition.Has(KnownNames.NoDerivative);
        if (value is null && parameter.Type.Is(KnownNames.RandomKey))
        {
            return new ArgumentIr(parameter.Name, ArgumentKind.RandomKey, OperandIr.None, "work.NextKey()", parameter.Type.ToSource(), false, null, default);
        }

        if (parameter.RefKind is RefKind.Ref or RefKind.Out && value is not null && FindData(value) is not null)
        {
            Fault(Descriptors.Mutation, value, Quote(value.Syntax));
            return null;
        }

        if (parameter.Type.IsTensor())
        {
            return LowerTensorArgument(parameter, value, hasGradient && !isConstant, callee) is { } argument
                ? argument with { Value = Unchanged(argument.Value, value, later) }
                : null;
        }

        if (value is null)
        {
            return new ArgumentIr(
                parameter.Name, ArgumentKind.Plain, OperandIr.None, DefaultText(parameter), parameter.Type.ToSource(), true, null, default);
        }

        if (FindData(value) is { } data)
        {
            if (parameter.Type.IsFloat() && hasGradient && !isConstant)
            {
                return LowerNumber(value, Unnamed) is { IsValue: true } number
                    ? new ArgumentIr(parameter.Name, ArgumentKind.Number, Unchanged(number.Value, value, later), "", "float", true, null, default)
                    : null;
            }

            Fault(
                Descriptors.NoDerivative, data, StopFix(data), callee, $"it has no derivative with respect to '{parameter.Name}', which depends on tensor data",
                "Wrap the argument in Nn.Stop(…), or write the product with operations");
            return null;
        }

        return LowerPlainArgument(parameter, value, later);
    }

    // The value, or a copy of it where what is evaluated later assigns the variable.
    private int Unchanged(int value, IOperation? operation, IEnumerable<IOperation?> later) =>
        operation is not null && value != OperandIr.None && IsVariableOfUser(value) && IsOvertaken(operation, later)
            ? Copy(value, _values[value].Name.TrimStart('@') + "Before")
            : value;

    private ArgumentIr? LowerTensorArgument(IParameterSymbol parameter, IOperation? value, bool hasGradient, string callee)
    {
        if (value is null || IsNull(value))
        {
            return new ArgumentIr(parameter.Name, ArgumentKind.NullTensor, OperandIr.None, "null", "", true, null, default);
        }

        if (LowerTensor(value, Unnamed) is not { IsValue: true } operand)
        {
            return null;
        }

        if (!hasGradient && MayNeedGradient(operand.Value))
        {
            Fault(
                Descriptors.NoDerivative, value, StopFix(value), callee, $"no gradient flows to '{parameter.Name}', but {Quote(value.Syntax)} may need one",
                "Mark the method's own parameter [NoDerivative], or wrap the argument in Nn.Stop(…)");
            return null;
        }

        return new ArgumentIr(parameter.Name, ArgumentKind.Tensor, operand.Value, "", "", true, null, default);
    }

    // Whether anything but a constant can reach a value. In a loop, what a variable is given later may come back to it.
    private bool MayNeedGradient(int value)
    {
        if (_values[value].IsParameter)
        {
            return !_method.Parameters.Any(parameter => parameter.Has(KnownNames.NoDerivative) && _current.TryGetValue(parameter, out int own) && own == value);
        }

        return _values[value].IsVariable ? _fed.Contains(value) || _loopDepth > 0 : !_constants.Contains(value);
    }

    private ArgumentIr? LowerPlainArgument(IParameterSymbol parameter, IOperation value, IOperation?[] later)
    {
        IOperation inner = Unwrap(value);
        ArgumentKind kind = parameter.Type.IsReadOnlySpanOfInt() ? ArgumentKind.Indices : ArgumentKind.Plain;
        string? text = inner switch
        {
            ICollectionExpressionOperation { Syntax: not CollectionExpressionSyntax } collection => CollectionText(collection.Elements),
            IArrayCreationOperation { IsImplicit: true, Initializer: { } initializer } => CollectionText(initializer.ElementValues),
            _ => PlainText(value),
        };
        if (text is null)
        {
            return null;
        }

        bool isStable = IsStable(inner) && kind == ArgumentKind.Plain;
        string type = Saved(parameter.Type, parameter.Type.ToSource());
        if (!IsRepeatable(value) || IsOvertaken(value, later))
        {
            string local = Hold(parameter.Type, text, parameter.Name, value);
            return new ArgumentIr(parameter.Name, kind, OperandIr.None, local, type, false, Trainability(inner, parameter.Type, local), default);
        }

        return new ArgumentIr(parameter.Name, kind, OperandIr.None, text, type, isStable, Trainability(inner, parameter.Type, text), Uses(value));
    }

    // The elements of a params span or array, written out at the call.
    private string? CollectionText(IEnumerable<IOperation> elements)
    {
        var texts = new List<string>();
        foreach (IOperation element in elements)
        {
            if (Plain(element, "the argument") is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return $"[{string.Join(", ", texts)}]";
    }

    private ArgumentIr? LowerReceiver(IOperation? receiver, IMethodSymbol target, IEnumerable<IOperation?> later)
    {
        if (receiver is null || Plain(receiver, $"the choice of the layer of '{target.Name}'") is not { } text)
        {
            return null;
        }

        IOperation inner = Unwrap(receiver);
        ITypeSymbol type = receiver.Type ?? target.ContainingType;
        Saved(type, type.ToSourceNotNull());
        if (inner is IInstanceReferenceOperation)
        {
            return Stable("this", type);
        }

        if (_held.TryGetValue(receiver, out string? held))
        {
            return new ArgumentIr("", ArgumentKind.Plain, OperandIr.None, held, type.ToSourceNotNull(), false, Trainability(inner, type, held), default);
        }

        bool isName = inner is IFieldReferenceOperation or IPropertyReferenceOperation or ILocalReferenceOperation or IParameterReferenceOperation
            or IArrayElementReferenceOperation or IInstanceReferenceOperation or IImplicitIndexerReferenceOperation;
        if (!isName || !IsRepeatable(receiver) || IsOvertaken(receiver, later))
        {
            string local = Hold(type.WithNullableAnnotation(NullableAnnotation.NotAnnotated), text, target.ContainingType.Name, receiver);
            return new ArgumentIr("", ArgumentKind.Plain, OperandIr.None, local, type.ToSourceNotNull(), false, Trainability(inner, type, local), default);
        }

        return new ArgumentIr(
            "", ArgumentKind.Plain, OperandIr.None, text, type.ToSourceNotNull(), IsStable(receiver), Trainability(inner, type, text), Uses(receiver));
    }

    private static ArgumentIr Stable(string text, ITypeSymbol type) =>
        new("", ArgumentKind.Plain, OperandIr.None, text, type.ToSourceNotNull(), true, null, default);

    // What says whether a layer is trained: "true" where an attribute decides it at build time, text otherwise, null for what is no layer.
    private static string? Trainability(IOperation layer, ITypeSymbol type, string text)
    {
        if (!type.IsLayer())
        {
            return null;
        }

        ISymbol? member = layer switch
        {
            IFieldReferenceOperation field => field.Field,
            IPropertyReferenceOperation property => property.Property,
            _ => null,
        };
        return member is not null && (member.Has(KnownNames.Lora) || member.Has(KnownNames.Trainable)) ? "true" : $"{text}.IsTrainable";
    }

    private static int RankOf(IOperation? receiver)
    {
        ISymbol? member = receiver is null ? null : Unwrap(receiver) switch
        {
            IFieldReferenceOperation field => field.Field,
            IPropertyReferenceOperation property => property.Property,
            _ => null,
        };
        return member?.Attribute(KnownNames.Lora) is { } attribute ? Math.Max(0, attribute.Argument("Rank") as int? ?? LoraDefaults.Rank) : 0;
    }

    private static string PrimalName(IMethodSymbol method) => Naming.Escape(method.Name);

    private static string DefaultText(IParameterSymbol parameter)
    {
        if (!parameter.HasExplicitDefaultValue)
        {
            return parameter.IsParams ? "[]" : "default";
        }

        object? value = parameter.ExplicitDefaultValue;
        return value switch
        {
            null => parameter.Type.IsValueType ? "default" : "null",
            _ when parameter.Type.TypeKind == TypeKind.Enum => $"({parameter.Type.ToSource()}){Convert.ToString(value, CultureInfo.InvariantCulture)}",
            float.NaN => "float.NaN",
            float number when float.IsInfinity(number) => number > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity",
            _ => SymbolDisplay.FormatPrimitive(value, quoteStrings: true, useHexadecimalNumbers: false) + value switch
            {
                float => "f",
                double => "d",
                long => "L",
                _ => "",
            },
        };
    }

    // What a value is called that the user gave no name: after the layer or the operation that made it.
    private static string ResultName(string name, IMethodSymbol target, IOperation? receiver)
    {
        if (name != Unnamed)
        {
            return name;
        }

        return receiver is not null && OwnerName(receiver) is { } owner ? owner : target.Name switch
        {
            "op_Addition" => OperatorName('+'),
            "op_Subtraction" => OperatorName('-'),
            "op_Multiply" => OperatorName('*'),
            "op_Division" => OperatorName('/'),
            "op_UnaryNegation" => "negated",
            string plain => Naming.Camel(plain),
        };
    }

    // "qProj" for _qProj, "layer" for _layers[i].
    private static string? OwnerName(IOperation owner) => Unwrap(owner) switch
    {
        IFieldReferenceOperation field => Naming.Camel(field.Field.Name),
        IPropertyReferenceOperation { Property.IsIndexer: false } property => Naming.Camel(property.Property.Name),
        IPropertyReferenceOperation { Instance: { } instance } => OwnerName(instance) is { } list ? Naming.Singular(list) : null,
        IArrayElementReferenceOperation element => OwnerName(element.ArrayReference) is { } array ? Naming.Singular(array) : null,
        ILocalReferenceOperation local => Naming.Camel(local.Local.Name),
        _ => null,
    };
}
