namespace Lora.Tests.Files;

public sealed class SafetensorsFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> BadIndexes => new()
    {
        { "", "not valid JSON" },
        { "[]", "no object weight_map" },
        { "{}", "no object weight_map" },
        { """{"weight_map":{"a":1}}""", "not a string" },
        { """{"weight_map":{"a":"../one.safetensors"}}""", "not the name of a file" },
        { """{"weight_map":{"a":"..\\one.safetensors"}}""", "not the name of a file" },
        { """{"weight_map":{"a":""}}""", "not the name of a file" },
        { """{"weight_map":{"a":"/etc/passwd"}}""", "not the name of a file" },
        { """{"weight_map":{"a":"C:\\one.safetensors"}}""", "not the name of a file" },
        { """{"weight_map":{"a":".."}}""", "not the name of a file" },
        { """{"weight_map":{"a":"sub/one.safetensors"}}""", "not the name of a file" },
        { """{"weight_map":{"a":null}}""", "not a string" },
        { """{"weight_map":{"a":"three.safetensors"}}""", "not in the folder" },
        { """{"weight_map":{"a":"two.safetensors"}}""", "no such tensor" },
        { """{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "twice" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_are_read_as_one()
    {
        WriteShards("""{"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
        folder.Entries.Keys.ShouldBe(["a", "b"]);
        folder.Read("a").Span.ToArray().ShouldBe([1f]);
        float[] b = new float[2];
        folder.ReadInto("b", b);
        b.ShouldBe([2f, 2f]);
        Should.Throw<SafetensorsException>(() => folder.Read("c")).Tensor.ShouldBe("c");
    }

    [Fact]
    public void A_single_file_is_read_by_its_folder_or_by_itself()
    {
        SafetensorsFile.Write(_folder["model.safetensors"], [("a", Tensor.Full(3f, 1))]);
        foreach (string path in new[] { _folder.Path, _folder["model.safetensors"] })
        {
            using SafetensorsFolder folder = SafetensorsFolder.Open(path);
            folder.Read("a").Span.ToArray().ShouldBe([3f]);
        }
    }

    [Fact]
    public void A_folder_without_weights_is_not_found() =>
        Should.Throw<FileNotFoundException>(() => SafetensorsFolder.Open(_folder.Path)).Message.ShouldContain("model.safetensors.index.json");

    [Theory]
    [MemberData(nameof(BadIndexes))]
    public void A_bad_index_is_refused_with_its_reason(string index, string reason)
    {
        WriteShards(index);
        Should.Throw<SafetensorsException>(() => SafetensorsFolder.Open(_folder.Path)).Message.ShouldContain(reason);
    }

    private void WriteShards(string index)
    {
        SafetensorsFile.Write(_folder["one.safetensors"], [("a", Tensor.Full(1f, 1))]);
        SafetensorsFile.Write(_folder["two.safetensors"], [("b", Tensor.Full(2f, 2))]);
        File.WriteAllText(_folder["model.safetensors.index.json"], index);
    }
}
