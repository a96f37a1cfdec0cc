namespace Lora.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who says it: <c>system</c>, <c>user</c> or <c>assistant</c>; ChatML and Llama 3 take others too, such as <c>tool</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatTurn(string Role, string Content);

/// <summary>A conversation as tokens.</summary>
/// <param name="Tokens">The tokens, with all special ones.</param>
/// <param name="IsAnswer">For each, whether it is part of an assistant's answer or the token that ends one: what a model is to learn to say.</param>
public sealed record ChatTokens(int[] Tokens, bool[] IsAnswer);

/// <summary>A part of a conversation's text.</summary>
/// <param name="Text">The part.</param>
/// <param name="IsTemplate">Whether it is the format's own, so that special tokens in it are meant.</param>
/// <param name="IsAnswer">Whether a model is to learn to say it.</param>
internal readonly record struct ChatPart(string Text, bool IsTemplate, bool IsAnswer = false);
