using System.Globalization;
using System.Text;

namespace Lora.Models;

/// <summary>
/// Unicode's canonical forms (Unicode Standard Annex 15, "Unicode Normalization Forms"). <see cref="string.Normalize()"/> leaves every text as it is in
/// programs with invariant globalization, which would give other tokens there.
/// </summary>
internal static class CanonicalForms
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailBefore = 0x11A7;
    private const int Vowels = 21;
    private const int Trails = 28;

    private static readonly Lazy<Tables> _tables = new(Tables.Read);

    /// <summary>The text with every character taken apart, and its marks in order: NFD.</summary>
    public static string Decompose(string text) => Ascii.IsValid(text) ? text : Text(Decomposed(text));

    /// <summary>The text with every character put together: NFC.</summary>
    public static string Compose(string text) => text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF') ? Text(Composed(Decomposed(text))) : text;

    private static List<int> Decomposed(string text)
    {
        List<int> characters = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, characters);
        }

        // Marks are sorted by their class; those of one class keep their order.
        for (int start = 0; start < characters.Count; start++)
        {
            int end = start;
            while (end < characters.Count && ClassOf(characters[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] sorted = [.. characters.Skip(start).Take(end - start).OrderBy(ClassOf)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    characters[start + i] = sorted[i];
                }
            }

            start = end;
        }

        return characters;
    }

    private static void Decompose(int character, List<int> result)
    {
        if (character is >= HangulFirst and < HangulFirst + HangulCount)
        {
            int index = character - HangulFirst;
            result.Add(LeadFirst + (index / (Vowels * Trails)));
            result.Add(VowelFirst + (index % (Vowels * Trails) / Trails));
            if (index % Trails != 0)
            {
                result.Add(TrailBefore + (index % Trails));
            }
        }
        else if (_tables.Value.Decompositions.TryGetValue(character, out int[]? parts))
        {
            foreach (int part in parts)
            {
                Decompose(part, result);
            }
        }
        else
        {
            result.Add(character);
        }
    }

    private static List<int> Composed(List<int> characters)
    {
        List<int> result = new(characters.Count);
        int starter = -1;
        int lastClass = 0;
        foreach (int character in characters)
        {
            int own = ClassOf(character);
            bool isBlocked = starter < 0 || (result.Count > starter + 1 && (lastClass == 0 || lastClass >= own));
            if (!isBlocked && Pair(result[starter], character) is { } composed)
            {
                result[starter] = composed;
                continue;
            }

            if (own == 0)
            {
                starter = result.Count;
            }

            lastClass = own;
            result.Add(character);
        }

        return result;
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LeadFirst and < LeadFirst + 19 && second is >= VowelFirst and < VowelFirst + Vowels)
        {
            return HangulFirst + ((((first - LeadFirst) * Vowels) + second - VowelFirst) * Trails);
        }

        if (first is >= HangulFirst and < HangulFirst + HangulCount && (first - HangulFirst) % Trails == 0 && second is > TrailBefore and < TrailBefore + Trails)
        {
            return first + second - TrailBefore;
        }

        return _tables.Value.Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static int ClassOf(int character) => character < 0x300 ? 0 : _tables.Value.Classes.GetValueOrDefault(character);

    private static string Text(List<int> characters)
    {
        var text = new StringBuilder(characters.Count);
        foreach (int character in characters)
        {
            text.Append(new Rune(character).ToString());
        }

        return text.ToString();
    }

    private sealed record Tables(Dictionary<int, int[]> Decompositions, Dictionary<(int First, int Second), int> Compositions, Dictionary<int, byte> Classes)
    {
        public static Tables Read()
        {
            var tables = new Tables([], [], []);
            using Stream stream = typeof(CanonicalForms).Assembly.GetManifestResourceStream("canonical_characters.txt")!;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                int at = line.AsSpan().IndexOfAny("=!:");
                int character = int.Parse(line.AsSpan(0, at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                string rest = line[(at + 1)..];
                if (line[at] == ':')
                {
                    tables.Classes.Add(character, byte.Parse(rest, CultureInfo.InvariantCulture));
                    continue;
                }

                int[] parts = [.. rest.Split(' ').Select(part => int.Parse(part, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
                tables.Decompositions.Add(character, parts);
                if (line[at] == '=' && parts.Length == 2)
                {
                    tables.Compositions.Add((parts[0], parts[1]), character);
                }
            }

            return tables;
        }
    }
}
