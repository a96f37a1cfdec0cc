extern alias reference;

using R = reference::Lora;

namespace Lora.Tests.Operations;

/// <summary>
/// Holds an operation to its reference in double precision: the value, and the gradients to central differences of the reference, by relative
/// L2 per tensor; and to what the derivative rule promises: gradients are added to, null ones left out, inputs left alone, memory may be shared.
/// </summary>
internal static class GradientCheck
{
    public const double Tolerance = 1e-3;

    /// <summary>What is wrong with an operation; nothing where all is well.</summary>
    public static IReadOnlyList<string> Faults(OperationCase operationCase)
    {
        var faults = new List<string>();
        var run = new Run(operationCase, faults);
        run.CheckValue();
        if (faults.Count == 0)
        {
            run.CheckGradients();
        }

        return faults;
    }

    private sealed class Run
    {
        private readonly OperationCase _case;
        private readonly List<string> _faults;
        private readonly DerivativeRule _rule;
        private readonly int[] _differentiable;
        private readonly R.Tensor[] _twins;
        private readonly object _seed;
        private readonly double[] _numericSeed;

        public Run(OperationCase operationCase, List<string> faults)
        {
            _case = operationCase;
            _faults = faults;
            _rule = new DerivativeRule(operationCase.Operation);
            _differentiable = [.. _rule.Differentiable.Where(i => operationCase.Arguments[i] is not null)];

            // One twin for each tensor, so that f(x, x) is a function of one x.
            var twins = new Dictionary<Tensor, R.Tensor>(ReferenceEqualityComparer.Instance);
            _twins =
            [
                .. operationCase.Arguments.OfType<Tensor>().Concat(operationCase.Parameters.Select(parameter => parameter.Value)).Select(tensor =>
                {
                    if (!twins.TryGetValue(tensor, out R.Tensor? twin))
                    {
                        twin = R.Tensor.From((ReadOnlySpan<float>)tensor.Span, tensor.Shape);
                        twins.Add(tensor, twin);
                    }

                    return twin;
                }),
            ];

            if (operationCase.Reference(_twins) is R.Tensor expected)
            {
                Tensor seed = Tensor.RandomNormal(77, expected.Shape);
                _seed = seed;
                _numericSeed = [.. seed.Span.ToArray().Select(value => (double)value)];
            }
            else
            {
                _seed = 0.7f;
                _numericSeed = [0.7f];
            }
        }

        private object? Target => _case.Target;

        public void CheckValue()
        {
            double[] expected = Values(_case.Reference(_twins));
            float[][] before = Contents();
            object value = MethodThunk.Call(_case.Operation, Target, _case.Arguments)!;
            Compare("the value", Values(value), expected, _case.ValueTolerance);
            if (value is Tensor tensor)
            {
                int[] shape = ((R.Tensor)_case.Reference(_twins)).Shape.ToArray();
                Require(tensor.Shape.SequenceEqual(shape), $"the result has shape {tensor.FullShape}, not [{string.Join(", ", shape)}]");
            }

            (Tensor? result, _, object filled) = Forward();
            Require(Values(filled).SequenceEqual(Values(value)), "Into gives another value than the operation itself");
            Require(Contents().Zip(before).All(pair => Same(pair.First, pair.Second)), "the operation changes an input");
            if (!_rule.InPlace || result is null)
            {
                return;
            }

            foreach (int position in _rule.Tensors.Where(i => _case.Arguments[i] is Tensor input && input.FullShape == result.FullShape))
            {
                object?[] arguments = [.. _case.Arguments];
                var shared = (Tensor)_case.Arguments[position]!;
                Tensor copy = shared.Clone();
                for (int i = 0; i < arguments.Length; i++)
                {
                    arguments[i] = ReferenceEquals(arguments[i], shared) ? copy : arguments[i];
                }

                MethodThunk.Call(_rule.Into!, Target, [.. arguments, copy]);
                Require(Same(copy.Span.ToArray(), result.Span.ToArray()), $"written over '{_rule.NameOf(position)}', the result differs");
            }
        }

        public void CheckGradients()
        {
            (Tensor? result, Tensor? saved, _) = Forward();
            float[][] before = Contents();

            // Fresh gradients hold no zeros: only a flag says that nothing was added yet.
            Dictionary<int, Tensor?> fresh = Gradients(pending: true, _ => true);
            ZeroParameters();
            _rule.RunBackward(Target, _case.Arguments, result, saved, _seed, fresh);
            float[][] parameters = ParameterGradients();
            foreach (int position in _differentiable)
            {
                double[] expected = CentralDifferences(_twins[Array.IndexOf([.. _rule.Tensors.Where(i => _case.Arguments[i] is not null)], position)]);
                Compare($"the gradient of '{_rule.NameOf(position)}'", Values(fresh[position]!), expected, Tolerance);
            }

            int firstParameter = _twins.Length - _case.Parameters.Length;
            for (int i = 0; i < parameters.Length; i++)
            {
                Compare(
                    $"the gradient of '{_case.Parameters[i].Name}'", [.. parameters[i].Select(value => (double)value)], CentralDifferences(_twins[firstParameter + i]), Tolerance);
            }

            _rule.RunBackward(Target, _case.Arguments, result, saved, _seed, fresh);
            CheckTwice(fresh, parameters, result, saved);
            CheckNulls(parameters, result, saved);
            Require(Contents().Zip(before).All(pair => Same(pair.First, pair.Second)), "the backward changes an input");
        }

        private void CheckTwice(Dictionary<int, Tensor?> twice, float[][] parameters, Tensor? result, Tensor? saved)
        {
            Dictionary<int, Tensor?> once = Gradients(pending: false, _ => true);
            float[][] parametersTwice = ParameterGradients();
            _rule.RunBackward(Target, _case.Arguments, result, saved, _seed, once);
            foreach (int position in _differentiable)
            {
                Compare(
                    $"the gradient of '{_rule.NameOf(position)}' added twice", Values(twice[position]!), [.. Values(once[position]!).Select(value => 2 * value)], 1e-5);
            }

            for (int i = 0; i < parameters.Length; i++)
            {
                Compare(
                    $"the gradient of '{_case.Parameters[i].Name}' added twice", [.. parametersTwice[i].Select(value => (double)value)],
                    [.. parameters[i].Select(value => 2.0 * value)], 1e-5);
            }
        }

        private void CheckNulls(float[][] parameters, Tensor? result, Tensor? saved)
        {
            Dictionary<int, Tensor?> all = Gradients(pending: true, _ => true);
            _rule.RunBackward(Target, _case.Arguments, result, saved, _seed, all);
            int[] nullable = [.. _differentiable.Where(_rule.MayBeNull)];
            bool isAliased = _differentiable.Select(i => _case.Arguments[i]).Distinct(ReferenceEqualityComparer.Instance).Count() < _differentiable.Length;
            if (isAliased)
            {
                return;
            }

            foreach (int position in nullable)
            {
                foreach (bool isAlone in new[] { false, true })
                {
                    // Without one gradient, and with it as the only one.
                    Dictionary<int, Tensor?> some = Gradients(pending: true, i => !nullable.Contains(i) || (i == position) == isAlone);
                    ZeroParameters();
                    _rule.RunBackward(Target, _case.Arguments, result, saved, _seed, some);
                    foreach (int other in _differentiable.Where(i => some[i] is not null))
                    {
                        Require(
                            Same(some[other]!.Span.ToArray(), all[other]!.Span.ToArray()),
                            $"the gradient of '{_rule.NameOf(other)}' depends on whether that of '{_rule.NameOf(position)}' is wanted");
                    }

                    Require(
                        ParameterGradients().Zip(parameters).All(pair => Same(pair.First, pair.Second)),
                        $"a parameter's gradient depends on whether that of '{_rule.NameOf(position)}' is wanted");
                }
            }
        }

        private (Tensor? Result, Tensor? Saved, object Value) Forward()
        {
            TensorShape shape = _rule.Shape is null
                ? ((Tensor?)_case.Arguments[_rule.Tensors.FirstOrDefault()] as Tensor)?.FullShape ?? default
                : (TensorShape)MethodThunk.Call(_rule.Shape, Target, _case.Arguments)!;
            Tensor? result = _rule.ReturnsTensor ? Tensor.Full(float.NaN, shape.AsSpan()) : null;
            Tensor? saved = _rule.Saves is null ? null : Tensor.Full(float.NaN, ((TensorShape)MethodThunk.Call(_rule.Saves, Target, _case.Arguments)!).AsSpan());
            if (_rule.Into is null)
            {
                object value = MethodThunk.Call(_case.Operation, Target, _case.Arguments)!;
                return (value as Tensor, null, value);
            }

            List<object?> arguments = [.. _case.Arguments];
            if (result is not null)
            {
                arguments.Add(result);
            }

            if (saved is not null)
            {
                arguments.Add(saved);
            }

            object? returned = MethodThunk.Call(_rule.Into, Target, [.. arguments]);
            return (result, saved, returned ?? result!);
        }

        private Dictionary<int, Tensor?> Gradients(bool pending, Func<int, bool> isWanted)
        {
            var byInput = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance);
            var gradients = new Dictionary<int, Tensor?>();
            foreach (int position in _differentiable)
            {
                var input = (Tensor)_case.Arguments[position]!;
                if (!isWanted(position))
                {
                    gradients[position] = null;
                    continue;
                }

                if (!byInput.TryGetValue(input, out Tensor? gradient))
                {
                    gradient = Tensor.Full(pending ? float.NaN : 0, input.Shape);
                    if (pending)
                    {
                        gradient.MarkPendingZero();
                    }

                    byInput.Add(input, gradient);
                }

                gradients[position] = gradient;
            }

            return gradients;
        }

        private double[] CentralDifferences(R.Tensor twin)
        {
            double[] slopes = new double[twin.Length];
            for (int i = 0; i < slopes.Length; i++)
            {
                double at = twin.Span[i];
                double step = 1e-5 * Math.Max(1, Math.Abs(at));
                twin.Span[i] = at + step;
                double above = Weighted();
                twin.Span[i] = at - step;
                double below = Weighted();
                twin.Span[i] = at;
                slopes[i] = (above - below) / (2 * step);
            }

            return slopes;
        }

        private double Weighted() => Values(_case.Reference(_twins)).Zip(_numericSeed, (value, weight) => value * weight).Sum();

        private float[][] Contents() => [.. _case.Arguments.OfType<Tensor>().Select(tensor => tensor.Span.ToArray())];

        private float[][] ParameterGradients() => [.. _case.Parameters.Select(parameter => parameter.Gradient.Span.ToArray())];

        private void ZeroParameters()
        {
            foreach (Parameter parameter in _case.Parameters)
            {
                parameter.ZeroGradient();
            }
        }

        private void Compare(string what, double[] actual, double[] expected, double tolerance)
        {
            if (actual.Length != expected.Length)
            {
                _faults.Add($"{what} has {actual.Length} elements, not {expected.Length}");
                return;
            }

            double norm = Math.Sqrt(expected.Sum(value => value * value));
            double distance = Math.Sqrt(actual.Zip(expected, (a, e) => (a - e) * (a - e)).Sum());

            // Where the right answer is zero, the rounding of numbers of size 1 is what may be left.
            Require(norm < 1e-9 ? distance < 1e-6 : distance <= tolerance * norm, FormattableString.Invariant(
                $"{what} is off by {distance / Math.Max(norm, 1e-9):G3} of its norm {norm:G3}"));
        }

        private void Require(bool condition, string fault)
        {
            if (!condition)
            {
                _faults.Add(fault);
            }
        }

        private static bool Same(float[] a, float[] b) => a.AsSpan().SequenceEqual(b);

        private static double[] Values(object value) => value switch
        {
            Tensor tensor => [.. tensor.Span.ToArray().Select(element => (double)element)],
            R.Tensor tensor => tensor.Span.ToArray(),
            float number => [number],
            double number => [number],
            _ => throw new InvalidOperationException($"{value} is no result of an operation."),
        };
    }
}
