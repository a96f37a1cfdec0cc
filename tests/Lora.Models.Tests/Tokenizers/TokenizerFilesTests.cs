using System.Text.Json.Nodes;

namespace Lora.Models.Tests;

/// <summary>Damaged and unknown tokenizer files are refused with what is wrong, and where.</summary>
public sealed class TokenizerFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_without_a_tokenizer_is_an_error() =>
        Should.Throw<FileNotFoundException>(() => Tokenizer.Load(_folder)).Message.ShouldContain("tokenizer.model");

    [Fact]
    public void Any_file_that_is_cut_short_or_changed_is_refused_or_read_but_nothing_else()
    {
        byte[] json = File.ReadAllBytes(Path.Combine(TokenizerGoldenTests.PathOf("bert-cased"), "tokenizer.json"));
        byte[] model = File.ReadAllBytes(Path.Combine(TokenizerGoldenTests.PathOf("sentencepiece-bpe"), "tokenizer.model"));
        byte[] llama2c = Llama2c(300);
        var random = new LoraRandom(5);
        foreach ((string name, byte[] original) in new[] { ("tokenizer.json", json), ("tokenizer.model", model), ("tok.bin", llama2c) })
        {
            for (int round = 0; round < 60; round++)
            {
                byte[] damaged = original[..(round % 2 == 0 ? random.NextInt32(original.Length) : original.Length)];
                for (int change = 0; change < 3 && damaged.Length > 0; change++)
                {
                    damaged[random.NextInt32(damaged.Length)] = (byte)random.NextInt32(256);
                }

                string path = Path.Combine(_folder, name);
                File.WriteAllBytes(path, damaged);
                try
                {
                    Tokenizer tokenizer = Tokenizer.Load(path);
                    if (name != "tokenizer.model")
                    {
                        tokenizer.Decode(tokenizer.Encode("the boats"));
                    }
                }
                catch (Exception fault) when (fault is InvalidDataException or NotSupportedException)
                {
                    fault.Message.ShouldContain(path);
                }
            }
        }
    }

    [Theory]
    [InlineData(2, "bytes and special tokens alone")]
    [InlineData(-3, "does not fit")]
    public void A_llama2c_file_that_is_damaged_says_where(int change, string said)
    {
        byte[] file = change > 0 ? Llama2c(change) : Llama2c(300)[..^(-change)];
        string path = Path.Combine(_folder, "tok9.bin");
        File.WriteAllBytes(path, file);
        string message = Should.Throw<InvalidDataException>(() => Tokenizer.Load(_folder)).Message;
        message.ShouldContain(said);
        message.ShouldContain(path);
    }

    [Theory]
    [InlineData("gpt2", "pre_tokenizer", "{ \"type\": \"Whitespace\" }", "Whitespace")]
    [InlineData("gpt2", "normalizer", "{ \"type\": \"Lowercase\" }", "Lowercase")]
    [InlineData("llama3", "pre_tokenizer", "{ \"type\": \"Sequence\", \"pretokenizers\": [{ \"type\": \"Split\", \"pattern\": { \"Regex\": \"a\" }, \"behavior\": \"Removed\" }] }", "Removed")]
    [InlineData("llama3", "pre_tokenizer", "{ \"type\": \"Sequence\", \"pretokenizers\": [{ \"type\": \"Split\", \"pattern\": { \"Regex\": \"(a\" }, \"behavior\": \"Isolated\" }] }", "regular expression")]
    [InlineData("bert-cased", "normalizer", "{ \"type\": \"NFC\" }", "NFC")]
    [InlineData("bert-cased", "pre_tokenizer", "{ \"type\": \"Whitespace\" }", "Whitespace")]
    public void What_a_tokenizer_asks_for_in_vain_is_named(string name, string property, string value, string said)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(TokenizerGoldenTests.PathOf(name), "tokenizer.json")))!;
        json[property] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        string message = Should.Throw<NotSupportedException>(() => Tokenizer.Load(_folder)).Message;
        message.ShouldContain(said);
        message.ShouldContain(_folder);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    public void The_file_that_is_damaged_is_the_one_that_is_named(string config)
    {
        File.Copy(Path.Combine(TokenizerGoldenTests.PathOf("gpt2"), "tokenizer.json"), Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        Should.Throw<InvalidDataException>(() => Tokenizer.Load(_folder)).Message.ShouldContain("tokenizer_config.json");
    }

    [Fact]
    public void A_unigram_model_is_refused() =>
        Should.Throw<NotSupportedException>(() => TokenizerGoldenTests.Load("sentencepiece-unigram")).Message.ShouldContain("unigram");

    // Special tokens, bytes, and letters from 'a' on.
    private static byte[] Llama2c(int pieces)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(8);
        for (int id = 0; id < pieces; id++)
        {
            byte[] piece = System.Text.Encoding.UTF8.GetBytes(id < 3 ? $"<{id}>" : id < 259 ? $"<0x{id - 3:X2}>" : ((char)(id == 259 ? ' ' : 'a' + id - 260)).ToString());
            writer.Write((float)-id);
            writer.Write(piece.Length);
            writer.Write(piece);
        }

        writer.Flush();
        return stream.ToArray();
    }
}
