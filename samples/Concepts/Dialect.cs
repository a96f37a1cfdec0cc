using System.Text;
using Lora;

namespace Concepts;

/// <summary>
/// Sentences of a small grammar, as letters. The model is pretrained on the one language; in the other the adjective follows its noun, the verb stands last, and
/// articles and endings are others.
/// </summary>
internal sealed class Dialect
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz .\n";
    private const int HeldOut = 64;

    private static readonly string[] _nouns = ["cat", "river", "stone", "bird", "farmer", "lamp", "horse", "garden", "child", "boat", "mill", "cloud"];
    private static readonly string[] _verbs = ["see", "carry", "follow", "find", "paint", "greet", "move", "hear"];
    private static readonly string[] _adjectives = ["old", "small", "green", "quiet", "heavy", "bright", "lost", "warm"];
    private static readonly string[] _places = ["near", "under", "behind", "over"];

    private readonly int[] _letters;
    private readonly LoraRandom _random;

    /// <summary>Writes a text.</summary>
    public Dialect(bool isOther, ulong seed, int sentences = 4000)
    {
        _random = new LoraRandom(seed);
        var text = new StringBuilder();
        for (int i = 0; i < sentences; i++)
        {
            string subject = Thing(isOther);
            string verb = Any(_verbs);
            string thing = Thing(isOther);
            string place = _random.NextInt32(2) == 0 ? "" : $" {Any(_places)} {Thing(isOther)}";
            text.Append(isOther ? $"{subject} {thing}{place} {verb}e.\n" : $"{subject} {verb}s {thing}{place}.\n");
        }

        _letters = [.. text.ToString().Select(letter => Alphabet.IndexOf(letter, StringComparison.Ordinal))];
    }

    /// <summary>The number of letters there are.</summary>
    public static int Letters => Alphabet.Length;

    /// <summary>Pieces from random places of the first nine tenths, and the letter that follows at each position.</summary>
    public (int[] Letters, int[] Next) Draw(int batch) =>
        At([.. Enumerable.Range(0, batch).Select(_ => _random.NextInt32((_letters.Length * 9 / 10) - LetterModel.Length))]);

    /// <summary>The mean loss of a letter in the last tenth.</summary>
    public double HeldOutLoss(LetterModel model)
    {
        int first = _letters.Length * 9 / 10;
        int apart = (_letters.Length - first - LetterModel.Length - 1) / HeldOut;
        (int[] letters, int[] next) = At([.. Enumerable.Range(0, HeldOut).Select(i => first + (i * apart))]);
        return model.Loss(letters, next, HeldOut);
    }

    private (int[] Letters, int[] Next) At(int[] starts) => (
        [.. starts.SelectMany(start => _letters[start..(start + LetterModel.Length)])],
        [.. starts.SelectMany(start => _letters[(start + 1)..(start + 1 + LetterModel.Length)])]);

    private string Thing(bool isOther)
    {
        string noun = Any(_nouns);
        string adjective = _random.NextInt32(2) == 0 ? "" : Any(_adjectives);
        return (isOther, adjective) switch
        {
            (false, "") => $"the {noun}",
            (false, _) => $"the {adjective} {noun}",
            (true, "") => $"da {noun}o",
            (true, _) => $"da {noun}o {adjective}",
        };
    }

    private string Any(string[] words) => words[_random.NextInt32(words.Length)];
}
