using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

public sealed class SentencePieceBpeTests
{
    private const string Mark = "\u2581";

    [Theory]
    [InlineData("stories260K/hf")]
    [InlineData("stories260K/tok512.bin")]
    public void Encodes_and_decodes_the_reference_vectors(string path)
    {
        Tokenizer tokenizer = Tokenizer.Load(Reference.PathOf(path));
        (tokenizer.VocabularySize, tokenizer.BeginId, tokenizer.EndId).ShouldBe((512, 1, 2));
        JsonElement vectors = Reference.Json("stories260K/tokenizer_vectors.json").GetProperty("vectors");
        vectors.GetArrayLength().ShouldBe(48);
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            string text = vector.GetProperty("text").GetString()!;
            int[] ids = vector.Ints("ids_with_bos");
            tokenizer.Encode(text).ShouldBe(ids, text);
            tokenizer.Encode(text, addSpecialTokens: false).ShouldBe(ids[1..], text);
            Convert.ToHexStringLower(tokenizer.DecodeBytes(ids)).ShouldBe(vector.GetProperty("decoded_utf8_hex").GetString(), text);
        }
    }

    [Fact]
    public void Encodes_a_whole_book_as_one_text()
    {
        Tokenizer tokenizer = Tokenizer.Load(Reference.PathOf("stories260K/hf"));
        string text = File.ReadAllText(Reference.PathOf("tinyshakespeare/input.txt"));
        byte[] expected = File.ReadAllBytes(Reference.PathOf("tinyshakespeare/input.tok512.u16"));
        int[] tokens = tokenizer.Encode(text, addSpecialTokens: false);
        tokens.AsSpan().SequenceEqual([.. MemoryMarshal.Cast<byte, ushort>(expected).ToArray().Select(id => (int)id)]).ShouldBeTrue();
        tokenizer.Decode(tokens).ShouldBe(text);
    }

    [Theory]
    [InlineData("", new int[0])]
    [InlineData("ab", new[] { 261 })]
    [InlineData("aab", new[] { 264, 260, 262 })]
    [InlineData("bb", new[] { 264, 263, 263 })]
    [InlineData("a b", new[] { 264, 260, 264, 263 })]
    [InlineData("abab", new[] { 261, 262 })]
    [InlineData("é", new[] { 264, 3 + 0xC3, 3 + 0xA9 })]
    [InlineData("<s>", new[] { 264, 3 + '<', 3 + 's', 3 + '>' })]
    [InlineData(Mark, new[] { 264, 3 + 0xE2, 3 + 0x96, 3 + 0x81 })]
    public void Merges_by_rank_and_falls_back_to_bytes(string text, int[] expected)
    {
        Tokenizer tokenizer = Load(SmallTokenizer());
        tokenizer.Encode(text, addSpecialTokens: false).ShouldBe(expected);
        tokenizer.Decode(tokenizer.Encode(text)).ShouldBe(text);
    }

    [Fact]
    public void Special_tokens_in_a_text_are_parsed_where_it_is_asked_for()
    {
        Tokenizer tokenizer = Load(SmallTokenizer());
        tokenizer.Encode("ab</s>ab", addSpecialTokens: false, parseSpecialTokens: true).ShouldBe([261, 2, 261]);
        tokenizer.Encode("<s>", parseSpecialTokens: true).ShouldBe([1, 1]);
        tokenizer.Decode([1, 261, 2, 261]).ShouldBe("ab ab");
        (int[] tokens, int[] types) = tokenizer.EncodePair("ab", "a");
        tokens.ShouldBe([1, 261, 264, 260]);
        types.ShouldBe([0, 0, 1, 1]);
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        Tokenizer tokenizer = Load(SmallTokenizer());
        tokenizer.Decode(tokenizer.Encode("a\uD83Db")).ShouldBe("a\uFFFDb");
    }

    [Fact]
    public void Decoding_refuses_a_token_that_is_not_there()
    {
        Tokenizer tokenizer = Load(SmallTokenizer());
        Should.Throw<ArgumentOutOfRangeException>(() => tokenizer.Decode([3, 265])).Message.ShouldContain("265");
        Should.Throw<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }

    [Theory]
    [InlineData("merges", "[\"a\"]", "two pieces")]
    [InlineData("merges", "[\"a c\"]", "lacks the piece 'c'")]
    [InlineData("merges", "[[\"a\", 1]]", "two pieces")]
    [InlineData("merges", "null", "no merges")]
    [InlineData("vocab", "[]", "vocabulary")]
    [InlineData("vocab", "{ \"a\": 0, \"b\": 0 }", "one id")]
    [InlineData("vocab", "{ \"a\": -1 }", "-1")]
    public void A_damaged_model_is_refused(string property, string value, string said)
    {
        JsonNode json = SmallTokenizer();
        json["model"]![property] = JsonNode.Parse(value);
        Should.Throw<InvalidDataException>(() => Load(json)).Message.ShouldContain(said);
    }

    [Theory]
    [InlineData("type", "\"Unigram\"", "Unigram")]
    [InlineData("byte_fallback", "false", "byte_fallback")]
    [InlineData("end_of_word_suffix", "\"</w>\"", "end_of_word_suffix")]
    public void A_model_of_another_kind_is_refused(string property, string value, string said)
    {
        JsonNode json = SmallTokenizer();
        json["model"]![property] = JsonNode.Parse(value);
        Should.Throw<NotSupportedException>(() => Load(json)).Message.ShouldContain(said);
    }

    [Theory]
    [InlineData("normalizer", "{ \"type\": \"Lowercase\" }", "Lowercase")]
    [InlineData("pre_tokenizer", "{ \"type\": \"ByteLevel\" }", "ByteLevel")]
    [InlineData("pre_tokenizer", "{ \"type\": \"Metaspace\", \"replacement\": \"_\", \"split\": false }", "Metaspace")]
    [InlineData("post_processor", "{ \"type\": \"Unknown\" }", "Unknown")]
    public void Components_that_are_not_known_are_refused(string property, string value, string said)
    {
        JsonNode json = SmallTokenizer();
        json[property] = JsonNode.Parse(value);
        Should.Throw<NotSupportedException>(() => Load(json)).Message.ShouldContain(said);
    }

    [Fact]
    public void A_vocabulary_with_a_hole_or_without_a_byte_is_refused()
    {
        JsonNode hole = SmallTokenizer();
        hole["model"]!["vocab"]!["a"] = 999;
        Should.Throw<InvalidDataException>(() => Load(hole)).Message.ShouldContain("token ids");
        JsonNode lacking = SmallTokenizer();
        lacking["model"]!["vocab"]!.AsObject().Remove("<0x41>");
        lacking["model"]!["vocab"]!["A"] = 3 + 0x41;
        Should.Throw<InvalidDataException>(() => Load(lacking)).Message.ShouldContain("<0x41>");
    }

    [Fact]
    public void Damaged_json_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{ \"model\": ");
        Should.Throw<InvalidDataException>(() => Tokenizer.Load(folder)).Message.ShouldContain("tokenizer.json");
        Directory.Delete(folder, recursive: true);
    }

    // Pieces a 260, ▁ab 261, ab 262, b 263, ▁ 264; "a b" merges before "▁ ab".
    private static JsonNode SmallTokenizer()
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int value = 0; value < 256; value++)
        {
            vocabulary[$"<0x{value:X2}>"] = 3 + value;
        }

        vocabulary["unused"] = 259;
        vocabulary["a"] = 260;
        vocabulary[Mark + "ab"] = 261;
        vocabulary["ab"] = 262;
        vocabulary["b"] = 263;
        vocabulary[Mark] = 264;
        JsonNode json = JsonNode.Parse($$"""
            {
              "added_tokens": [{ "id": 0, "content": "<unk>", "special": true }, { "id": 1, "content": "<s>", "special": true }, { "id": 2, "content": "</s>", "special": true }],
              "normalizer": { "type": "Sequence", "normalizers": [
                { "type": "Prepend", "prepend": "{{Mark}}" },
                { "type": "Replace", "pattern": { "String": " " }, "content": "{{Mark}}" }] },
              "pre_tokenizer": null,
              "post_processor": { "type": "TemplateProcessing",
                "single": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
                "pair": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 1 } }],
                "special_tokens": { "<s>": { "id": "<s>", "ids": [1], "tokens": ["<s>"] } } },
              "model": { "type": "BPE", "byte_fallback": true, "merges": ["a b", ["{{Mark}}", "ab"]] }
            }
            """)!;
        json["model"]!["vocab"] = vocabulary;
        return json;
    }

    private static Tokenizer Load(JsonNode json)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
            return Tokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
