namespace Lora;

/// <summary>
/// Declares the derivative of an operation: a static method, or an instance method of a layer, that returns a
/// <see cref="Tensor"/> or a <see langword="float"/>.
/// </summary>
/// <remarks>
/// <para>The companion methods are found by name in the declaring type, or in <see cref="Declaring"/>, and are bound by
/// the names of their parameters:</para>
/// <list type="bullet">
/// <item><see cref="Into"/>: the operation's own parameters, then <c>Tensor result</c> where the result is a tensor, then <c>Tensor saved</c> where
/// <see cref="Saves"/> is given. It writes every element of <c>result</c> and <c>saved</c>.</item>
/// <item><see cref="Shape"/> and <see cref="Saves"/>: the operation's own parameters; they return a <see cref="TensorShape"/>.</item>
/// <item>the backward: any of the operation's parameters, <c>result</c>, <c>saved</c>, then <c>gradResult</c> (the gradient of the result), and one
/// <c>gradName</c> for each differentiable input <c>name</c>: a <see cref="Tensor"/> to add into, or a <c>ref float</c>. A gradient declared
/// <c>Tensor?</c> is null where nothing trainable lies upstream of that input, or where it is shared (<see cref="SharesGradient"/>).</item>
/// </list>
/// <para>Two gradients may be one and the same tensor (<c>f(x, x)</c>): finish adding into one before adding into the next, or add element by element.
/// <c>gradResult</c> is only read: other gradients may share its elements.</para>
/// </remarks>
/// <param name="backward">The name of the method that adds the operation's vector-Jacobian products into the gradients of its inputs.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DerivativeAttribute(string backward) : Attribute
{
    /// <summary>The name of the backward method.</summary>
    public string Backward { get; } = backward;

    /// <summary>Which of the operation's tensors the backward reads, and so which are kept until then.</summary>
    public Reads Reads { get; set; }

    /// <summary>The method that writes the result into a given tensor. Without it every call allocates its result.</summary>
    public string? Into { get; set; }

    /// <summary>The method that gives the shape of the result. Without it the result has the shape of the first tensor input.</summary>
    public string? Shape { get; set; }

    /// <summary>The method that gives the shape of one further tensor, written by <see cref="Into"/> and read by the backward.</summary>
    public string? Saves { get; set; }

    /// <summary>Whether <see cref="Into"/> may be given a result that shares the memory of an input of the same shape.</summary>
    public bool InPlace { get; set; }

    /// <summary>
    /// What the dimensions of inputs and result have to do with each other, so that a program whose dimensions cannot match does not build:
    /// <c>"a [.., m, k], b [.., k, n] -> [.., m, n]"</c>. Without it nothing is known of the result, unless it has the shape of the first tensor input
    /// (<see cref="Into"/> without <see cref="Shape"/>).
    /// </summary>
    /// <remarks>
    /// <para>Each tensor input is named with its last dimensions; inputs that are left out may have any shape. A dimension is a letter that stands for the same
    /// number wherever it is written, a number, an integer parameter of the operation, a property of the layer (<c>InFeatures</c>) or of a parameter
    /// (<c>embedding.Width</c>), or <c>_</c> for any. Such a property shows what was given to the constructor's parameter of its name.</para>
    /// <para><c>..</c> stands for the dimensions before these; those of several inputs broadcast together. After the arrow stands the result:
    /// <c>[..shape]</c> has the dimensions of the parameter <c>shape</c>, a list of integers, and <c>[..] with axis = length</c> those of the first input with one
    /// changed, to an integer parameter or to the sum of the inputs' own (<c>with axis = a + b</c>).</para>
    /// </remarks>
    public string? Dimensions { get; set; }

    /// <summary>
    /// An input that the backward reads, whose gradient may take its memory where nothing else reads it any more. The backward declares that gradient
    /// <c>Tensor?</c>, opens it with <see cref="Tensor.BeginAccumulate"/>, and reads no element of the input once it has written the gradient's element in
    /// that place.
    /// </summary>
    public string? GradientOver { get; set; }

    /// <summary>
    /// Inputs whose gradient is that of the result, where they have as many elements: the two then share them until one is added to, and no element is
    /// copied. The backward declares such a gradient <c>Tensor?</c>; it is null where it is shared.
    /// </summary>
    public string[]? SharesGradient { get; set; }

    /// <summary>
    /// Whether the result costs little more than reading the inputs: where the backward of another operation reads it, a large one is made again by
    /// <see cref="Into"/> rather than kept until then. That gives the same elements whenever it is called with the same arguments, and does nothing else; an array that it
    /// takes is not changed within a step. The backward reads all tensor inputs, which are kept for it anyway, and not the result.
    /// </summary>
    public bool Recompute { get; set; }

    /// <summary>The type that declares the companion methods, where it is not the operation's own.</summary>
    public Type? Declaring { get; set; }
}
