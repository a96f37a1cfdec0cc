using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

public sealed class BpeTokenizerTests
{
    private const string Mark = "\u2581";

    [Fact]
    public void Encodes_and_decodes_the_reference_vectors()
    {
        BpeTokenizer tokenizer = BpeTokenizer.Load(Reference.PathOf("stories260K/hf"));
        JsonElement vectors = Reference.Json("stories260K/tokenizer_vectors.json").GetProperty("vectors");
        vectors.GetArrayLength().ShouldBe(48);
        foreach (JsonElement vector in vectors.EnumerateArray())
        {
            string text = vector.GetProperty("text").GetString()!;
            int[] ids = vector.Ints("ids_with_bos");
            tokenizer.Encode(text).ShouldBe(ids, text);
            tokenizer.Encode(text, addBegin: false).ShouldBe(ids[1..], text);
            Convert.ToHexStringLower(tokenizer.DecodeBytes(ids)).ShouldBe(vector.GetProperty("decoded_utf8_hex").GetString(), text);
        }
    }

    [Fact]
    public void Encodes_a_whole_book_as_one_text()
    {
        BpeTokenizer tokenizer = BpeTokenizer.Load(Reference.PathOf("stories260K/hf"));
        string text = File.ReadAllText(Reference.PathOf("tinyshakespeare/input.txt"));
        byte[] expected = File.ReadAllBytes(Reference.PathOf("tinyshakespeare/input.tok512.u16"));
        int[] tokens = tokenizer.Encode(text, addBegin: false);
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
        BpeTokenizer tokenizer = Load(SmallTokenizer());
        tokenizer.Encode(text, addBegin: false).ShouldBe(expected);
        tokenizer.Decode(tokenizer.Encode(text)).ShouldBe(text);
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        BpeTokenizer tokenizer = Load(SmallTokenizer());
        tokenizer.Decode(tokenizer.Encode("a\uD83Db")).ShouldBe("a\uFFFDb");
    }

    [Fact]
    public void Decoding_refuses_a_token_that_is_not_there()
    {
        BpeTokenizer tokenizer = Load(SmallTokenizer());
        Should.Throw<ArgumentOutOfRangeException>(() => tokenizer.Decode([3, 265])).Message.ShouldContain("265");
        Should.Throw<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
    }

    [Theory]
    [InlineData("type", "Unigram", "Unigram")]
    [InlineData("byte_fallback", "false", "byte fallback")]
    [InlineData("merges", "[\"a\"]", "two pieces")]
    [InlineData("merges", "[\"a c\"]", "lacks the piece 'c'")]
    [InlineData("merges", "[[\"a\", 1]]", "two pieces")]
    public void A_model_of_another_kind_is_refused(string property, string value, string said)
    {
        JsonNode json = SmallTokenizer();
        json["model"]![property] = value is "Unigram" ? value : JsonNode.Parse(value);
        Should.Throw<InvalidDataException>(() => Load(json)).Message.ShouldContain(said);
    }

    [Fact]
    public void Another_normalizer_or_a_pre_tokenizer_is_refused()
    {
        JsonNode lower = SmallTokenizer();
        lower["normalizer"] = JsonNode.Parse("""{ "type": "Lowercase" }""");
        Should.Throw<InvalidDataException>(() => Load(lower)).Message.ShouldContain("Lowercase");
        JsonNode split = SmallTokenizer();
        split["pre_tokenizer"] = JsonNode.Parse("""{ "type": "ByteLevel" }""");
        Should.Throw<InvalidDataException>(() => Load(split)).Message.ShouldContain("ByteLevel");
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
        Should.Throw<InvalidDataException>(() => BpeTokenizer.Load(folder)).Message.ShouldContain("tokenizer.json");
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
              "model": { "type": "BPE", "byte_fallback": true, "merges": ["a b", ["{{Mark}}", "ab"]] }
            }
            """)!;
        json["model"]!["vocab"] = vocabulary;
        return json;
    }

    private static BpeTokenizer Load(JsonNode json)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
            return BpeTokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
