using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace Lora.Tests.Files;

/// <summary>Files that are nearly right: each is read, or refused with the one exception that names file, tensor and reason.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const string Name = "layer.weight";

    private static readonly string[] _oddities =
    [
        "null", "true", "[]", "{}", "-1", "0", "1", "2", "3", "4", "1.5", "1e400", "12", "48", "49", "9223372036854775807", "9223372036854775808", "\"F32\"",
        "\"BF16\"", "\"I64\"", "\"BOOL\"", "\"F4\"", "\"f32\"", "\"\"", "[0]", "[1]", "[0,48]", "[48,0]", "[4,12]", "[3,4]", "[12]", "[0,0]", "[2,6]", "[4611686018427387904,4]",
        "[[3],4]", "[\"3\",4]", "[3,4,1,1,1,1,1,1,1,1,1,1]",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_header_with_other_values()
    {
        string path = _folder["damaged.safetensors"];
        int refused = 0;
        Gen<(string Key, string Value)[]> changes = Gen.Select(
            Gen.OneOfConst("dtype", "shape", "data_offsets", "extra", "__metadata__"), Gen.OneOfConst(_oddities)).Array[1, 3];
        Gen.Select(changes, Gen.Int[44, 52]).Sample(
            (edits, length) =>
            {
                JsonNode entry = JsonNode.Parse("""{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}""")!;
                var header = new JsonObject { [Name] = entry };
                foreach ((string key, string value) in edits)
                {
                    (key == "__metadata__" ? header : entry)[key] = JsonNode.Parse(value);
                }

                File.WriteAllBytes(path, SafetensorsBytes.Make(header.ToJsonString(), new byte[length]));
                refused += IsRefused(path) ? 1 : 0;
            },
            iter: 3000,
            threads: 1);
        refused.ShouldBeInRange(1000, 2999);
    }

    [Fact]
    public void Several_tensors_in_any_layout()
    {
        string path = _folder["layout.safetensors"];
        int refused = 0;
        Gen<(string Type, int Rows, int Begin, int End)> entry = Gen.Select(
            Gen.OneOfConst("F32", "F16", "U8"), Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 6], (type, rows, begin, end) => (type, rows, 4 * begin, 4 * end));
        Gen.Select(entry.Array[0, 3], Gen.Int[0, 6]).Sample(
            (entries, words) =>
            {
                var header = new JsonObject();
                for (int i = 0; i < entries.Length; i++)
                {
                    (string type, int rows, int begin, int end) = entries[i];
                    header[$"t{i}"] = new JsonObject { ["dtype"] = type, ["shape"] = new JsonArray(rows), ["data_offsets"] = new JsonArray(begin, end) };
                }

                File.WriteAllBytes(path, SafetensorsBytes.Make(header.ToJsonString(), new byte[4 * words]));
                refused += IsRefused(path) ? 1 : 0;
            },
            iter: 5000,
            threads: 1);
        refused.ShouldBeInRange(1000, 4999);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(500)]
    [InlineData(100_000)]
    public void A_header_nested_however_deep(int depth)
    {
        string path = _folder["deep.safetensors"];
        string nested = new string('[', depth) + new string(']', depth);
        File.WriteAllBytes(path, SafetensorsBytes.Make($$$"""{"{{{Name}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":{{{nested}}}}}""", new byte[4]));
        IsRefused(path).ShouldBeTrue();
    }

    [Fact]
    public void Tensors_of_other_types_are_passed_over()
    {
        string path = _folder["types.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.Make(
            """
            {"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},"bytes":{"dtype":"U8","shape":[1],"data_offsets":[3,4]},
             "ids":{"dtype":"I64","shape":[1],"data_offsets":[4,12]},"w":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}
            """,
            new byte[16]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Entries.Keys.ShouldBe(["mask", "bytes", "ids", "w"]);
        file.Read("w").Length.ShouldBe(1);
        file.ReadInt64("ids").ShouldBe([0]);
        Should.Throw<SafetensorsException>(() => file.Read("mask")).Message.ShouldContain("tensor 'mask': It is BOOL");
    }

    [Fact]
    public void An_index_with_other_bytes()
    {
        SafetensorsFile.Write(_folder["one.safetensors"], [("a", Tensor.Full(1f, 1))]);
        string path = _folder["model.safetensors.index.json"];
        byte[] good = """{"metadata":{"total_size":4},"weight_map":{"a":"one.safetensors","\u0061b":"one.safetensors"}}"""u8.ToArray();
        int refused = 0;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.OneOf(Gen.Byte, Gen.OneOfConst("{}[]:,\"0123456789\\ ./\0"u8.ToArray()))).Array[0, 3].Sample(
            edits =>
            {
                byte[] bytes = [.. good];
                foreach ((int at, byte value) in edits)
                {
                    bytes[at] = value;
                }

                File.WriteAllBytes(path, bytes);
                try
                {
                    SafetensorsFolder.Open(_folder.Path).Dispose();
                }
                catch (SafetensorsException fault)
                {
                    fault.File.ShouldBe(path);
                    fault.Reason.ShouldNotBeNullOrWhiteSpace();
                    refused++;
                }
            },
            iter: 3000,
            threads: 1);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void An_adapter_configuration_with_other_values()
    {
        var model = new LayersModel(("a.q_proj", new Linear(6, 5)), ("norm", new LayerNorm(5)), ("head", new Linear(5, 4)));
        model.ApplyLora(new LoraOptions { Rank = 2, TargetModules = ["q_proj"] });
        PeftAdapter.Save(model, _folder.Path);
        string path = _folder["adapter_config.json"];
        string good = File.ReadAllText(path);
        string[] keys = [.. JsonNode.Parse(good)!.AsObject().Select(pair => pair.Key), "layers_to_transform", "layers_pattern", "unknown"];
        string[] values =
        [
            .. _oddities, "2", "2000000000", "1e300", "[\"q_proj\"]", "\"all-linear\"", "\"(\"", "\".*proj\"", "{\"q_proj\":2}", "{\"(\":1}",
            "{\"q_proj\":2000000000}", "\"all\"", "\"lora_only\"", "[\"head\",\"norm\"]", "[\"\"]", "\"LORA\"", "\"pissa\"", "0.5",
        ];
        int refused = 0;
        Gen.Select(Gen.OneOfConst(keys), Gen.OneOfConst(values)).Array[1, 3].Sample(
            edits =>
            {
                JsonNode config = JsonNode.Parse(good)!;
                foreach ((string key, string value) in edits)
                {
                    config[key] = JsonNode.Parse(value);
                }

                File.WriteAllText(path, config.ToJsonString());
                var other = new LayersModel(("a.q_proj", new Linear(6, 5)), ("norm", new LayerNorm(5)), ("head", new Linear(5, 4)));
                try
                {
                    PeftAdapter.Load(other, _folder.Path).ShouldBe(["a.q_proj"]);
                }
                catch (PeftAdapterException fault)
                {
                    fault.Faults.ShouldNotBeEmpty();
                    other.TrainableParameters.ShouldBeEmpty();
                    refused++;
                }
            },
            iter: 2000,
            threads: 1);
        refused.ShouldBeInRange(500, 1999);
    }

    // Whether a file is refused as it should be; else everything in it is read.
    private static bool IsRefused(string path)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (SafetensorsEntry entry in file.Entries.Values.Where(entry => entry.DataType is "F32" or "F16" or "BF16" or "F64" && entry.Shape.Count <= TensorShape.MaxRank))
            {
                ((long)file.Read(entry.Name).Length).ShouldBe(entry.Length);
            }

            return false;
        }
        catch (SafetensorsException fault)
        {
            fault.File.ShouldBe(path);
            fault.Reason.ShouldNotBeNullOrWhiteSpace();
            fault.Message.ShouldStartWith(path);
            return true;
        }
        catch (JsonException fault)
        {
            throw new InvalidOperationException("A fault of JSON came through.", fault);
        }
    }
}
