using CsCheck;

namespace Lora.Tests.Files;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string, int, string?> Malformed => new()
    {
        { "[]", "does not begin with '{'", 0, null },
        { " {}", "does not begin with '{'", 0, null },
        { "{", "not valid JSON", 0, null },
        { "{} {}", "not valid JSON", 0, null },
        { """{"a":1}""", "not an object", 0, "a" },
        { """{"a":{"dtype":"F32","shape":[1]}}""", "lacks data_offsets", 0, "a" },
        { """{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "lacks shape", 4, "a" },
        { """{"a":{"shape":[1],"data_offsets":[0,4]}}""", "lacks dtype", 4, "a" },
        { """{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", "dtype is not a string", 4, "a" },
        { """{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", "'F33' is not one of", 4, "a" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "dtype twice", 4, "a" },
        { """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", "shape is not an array", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "not a whole number", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "not a whole number", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "not a whole number", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", "more than", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", "span 0 bytes", 0, "a" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "not a begin and an end", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "not a begin and an end", 4, "a" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "span 4 bytes; F32 of shape [2] takes 8", 4, "a" },
        { """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", "span 1 bytes", 1, "a" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "cut off", 3, "a" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte 4; the file holds 5", 5, null },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a gap", 8, "a" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", "overlaps", 6, "b" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "overlaps", 4, "b" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "twice", 8, "a" },
        { """{"__metadata__":[]}""", "__metadata__ is not an object", 0, null },
        { """{"__metadata__":{"k":1}}""", "'k' in __metadata__ is not a string", 0, null },
        { """{"__metadata__":{"k":"1","k":"2"}}""", "'k' twice", 0, null },
        { """{"__metadata__":{},"__metadata__":{}}""", "__metadata__ twice", 0, null },
        { """{"\uD800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "not valid JSON", 0, null },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_file_is_refused_with_file_tensor_and_reason(string header, string reason, int dataLength, string? tensor)
    {
        string path = Write(SafetensorsBytes.Make(header, new byte[dataLength]));
        SafetensorsException fault = Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path));
        fault.Reason.ShouldContain(reason);
        fault.Tensor.ShouldBe(tensor);
        fault.Message.ShouldContain(path);
    }

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused() =>
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(Write(SafetensorsBytes.Make([(byte)'{', 0xFF, (byte)'}'], []))))
            .Reason.ShouldContain("not UTF-8");

    [Theory]
    [InlineData(0, "too few")]
    [InlineData(7, "too few")]
    public void A_file_too_short_for_a_header_is_refused(int length, string reason) =>
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(Write(new byte[length]))).Reason.ShouldContain(reason);

    [Fact]
    public void A_header_longer_than_the_file_or_the_format_allows_is_refused()
    {
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(Write([100, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'])))
            .Reason.ShouldContain("cut off");
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(Write([255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}'])))
            .Reason.ShouldContain("at most");
    }

    /// <summary>The longest header that the format allows is 100 MB; one byte more is refused before anything is read.</summary>
    [Theory]
    [InlineData(100_000_000, "cut off")]
    [InlineData(100_000_001, "claims 100000001 bytes; at most 100000000 are allowed")]
    public void No_memory_is_taken_for_a_header_that_is_not_there(long length, string reason)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string path = Write([.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path)).Reason.ShouldContain(reason);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Fact]
    public void An_absent_file_is_not_found() => Should.Throw<FileNotFoundException>(() => SafetensorsFile.Open(_folder["none.safetensors"]));

    [Fact]
    public void All_float_types_are_read()
    {
        byte[] data = new byte[8 + 4 + 4 + 16];
        BitConverter.GetBytes(1.5f).CopyTo(data, 0);
        BitConverter.GetBytes(-0.1f).CopyTo(data, 4);
        BitConverter.GetBytes((Half)0.333f).CopyTo(data, 8);
        BitConverter.GetBytes(Half.NegativeInfinity).CopyTo(data, 10);
        BitConverter.GetBytes((ushort)0x3F81).CopyTo(data, 12);
        BitConverter.GetBytes((ushort)0xC2F7).CopyTo(data, 14);
        BitConverter.GetBytes(Math.PI).CopyTo(data, 16);
        BitConverter.GetBytes(-1e300).CopyTo(data, 24);
        string path = Write(SafetensorsBytes.Make(
            """
            {"f32":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"f16":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
             "bf16":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]},"f64":{"dtype":"F64","shape":[2],"data_offsets":[16,32]}}
            """,
            data));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Read("f32").Shape.ToArray().ShouldBe([2, 1]);
        file.Read("f32").Span.ToArray().ShouldBe([1.5f, -0.1f]);
        file.Read("f16").Span.ToArray().ShouldBe([(float)(Half)0.333f, float.NegativeInfinity]);
        file.Read("bf16").Span.ToArray().ShouldBe([1.0078125f, -123.5f]);
        file.Read("f64").Span.ToArray().ShouldBe([(float)Math.PI, float.NegativeInfinity]);
    }

    [Theory]
    [InlineData("F16", 37)]
    [InlineData("BF16", 67)]
    public void Every_half_of_a_long_tensor_is_converted(string type, int length)
    {
        ushort[] bits = [.. Enumerable.Range(0, length).Select(i => (ushort)(i * 977))];
        string path = Write(SafetensorsBytes.Make(
            $$$"""{"a":{"dtype":"{{{type}}}","shape":[{{{length}}}],"data_offsets":[0,{{{2 * length}}}]}}""", [.. bits.SelectMany(BitConverter.GetBytes)]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] values = file.Read("a").Span.ToArray();
        for (int i = 0; i < length; i++)
        {
            float expected = type == "F16" ? (float)BitConverter.UInt16BitsToHalf(bits[i]) : BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
            values[i].ShouldBe(expected);
        }
    }

    [Fact]
    public void Whole_numbers_are_read_on_request()
    {
        byte[] data = [.. BitConverter.GetBytes(long.MinValue), .. BitConverter.GetBytes(7L)];
        using SafetensorsFile file = SafetensorsFile.Open(Write(SafetensorsBytes.Make("""{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}""", data)));
        file.ReadInt64("ids").ShouldBe([long.MinValue, 7]);
        Should.Throw<SafetensorsException>(() => file.Read("ids")).Reason.ShouldContain("It is I64");
        Should.Throw<SafetensorsException>(() => file.ReadInt64("other")).Reason.ShouldContain("no such tensor. The file has 1: ids");
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_refused()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write(SafetensorsBytes.Make(
            """{"deep":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]},"empty":{"dtype":"F32","shape":[0,9999999999],"data_offsets":[4,4]}}""",
            new byte[4])));
        Should.Throw<SafetensorsException>(() => file.Read("deep")).Tensor.ShouldBe("deep");
        Should.Throw<SafetensorsException>(() => file.Read("empty")).Tensor.ShouldBe("empty");
        Should.Throw<ArgumentException>(() => file.ReadInto("deep", new float[2])).Message.ShouldContain("1 elements");
    }

    [Fact]
    public void What_is_written_is_read_with_the_same_bits()
    {
        Tensor a = Tensor.RandomNormal(1, 3, 5);
        a.Span[0] = float.NaN;
        a.Span[1] = -0f;
        Tensor[] tensors = [a, Tensor.Zeros(0, 4), Tensor.From([7f])];
        string path = _folder["written.safetensors"];
        SafetensorsFile.Write(
            path, [("a", tensors[0]), ("größe.\"x\"", tensors[1]), ("scalar", tensors[2])], new Dictionary<string, string> { ["format"] = "pt" });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Metadata.ShouldBe(new Dictionary<string, string> { ["format"] = "pt" });
        file.Entries.Keys.ShouldBe(["a", "größe.\"x\"", "scalar"]);
        foreach ((string name, Tensor expected) in file.Entries.Keys.Zip(tensors))
        {
            Tensor actual = file.Read(name);
            actual.Shape.ToArray().ShouldBe(expected.Shape.ToArray());
            actual.Span.ToArray().Select(BitConverter.SingleToInt32Bits).ShouldBe(expected.Span.ToArray().Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void BFloat16_is_written_rounded_to_nearest_even()
    {
        // 1 + 2⁻⁸ and 1 + 3·2⁻⁸ lie halfway between neighbours.
        float[] values = [1f, 1.00390625f, 1.01171875f, 1.00390637f, -3.3895314e38f, float.MaxValue, float.PositiveInfinity, float.NaN, -0f];
        float[] expected = [1f, 1f, 1.015625f, 1.0078125f, -3.3895314e38f, float.PositiveInfinity, float.PositiveInfinity, float.NaN, -0f];
        string path = _folder["bf16.safetensors"];
        SafetensorsFile.Write(path, [("a", Tensor.From(values, values.Length))], type: SafetensorsType.BFloat16);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Entries["a"].DataType.ShouldBe("BF16");
        file.Read("a").Span.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void The_data_begins_at_a_multiple_of_eight_bytes()
    {
        foreach (string name in new[] { "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh" })
        {
            string path = _folder[name];
            SafetensorsFile.Write(path, [(name, Tensor.Zeros(1))]);
            (BitConverter.ToInt64(File.ReadAllBytes(path)) % 8).ShouldBe(0);
        }
    }

    [Fact]
    public void Names_that_clash_are_refused_and_nothing_is_written()
    {
        string path = _folder["clash.safetensors"];
        Should.Throw<ArgumentException>(() => SafetensorsFile.Write(path, [("a", Tensor.Zeros(1)), ("a", Tensor.Zeros(1))])).Message.ShouldContain("'a'");
        Should.Throw<ArgumentException>(() => SafetensorsFile.Write(path, [("__metadata__", Tensor.Zeros(1))]));
        Directory.GetFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_no_other()
    {
        string path = Write(SafetensorsBytes.Make("{}"));
        byte[] before = File.ReadAllBytes(path);
        Should.Throw<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        File.ReadAllBytes(path).ShouldBe(before);
        Directory.GetFiles(_folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void Writing_over_a_mapped_file_keeps_what_its_reader_sees()
    {
        string path = _folder["mapped.safetensors"];
        SafetensorsFile.Write(path, [("a", Tensor.Full(1f, 100_000))]);
        using (SafetensorsFile reader = SafetensorsFile.Open(path))
        {
            try
            {
                SafetensorsFile.Write(path, [("a", Tensor.Full(2f, 10))]);
            }
            catch (IOException)
            {
                Assert.SkipUnless(OperatingSystem.IsWindows(), "Only Windows refuses to replace an open file.");
                return;
            }

            reader.Read("a").Span.ToArray().ShouldAllBe(value => value == 1f);
        }

        using SafetensorsFile again = SafetensorsFile.Open(path);
        again.Read("a").Span.ToArray().ShouldBe(Enumerable.Repeat(2f, 10));
    }

    [Fact]
    public void A_closed_file_is_not_read()
    {
        SafetensorsFile file = SafetensorsFile.Open(Write(SafetensorsBytes.Make("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4])));
        file.Dispose();
        Should.Throw<ObjectDisposedException>(() => file.Read("a"));
    }

    [Fact]
    public void A_damaged_file_is_refused_or_read_but_never_anything_else()
    {
        string path = _folder["damaged.safetensors"];
        SafetensorsFile.Write(
            path, [("layer.weight", Tensor.RandomNormal(1, 3, 4)), ("layer.bias", Tensor.Zeros(5))], new Dictionary<string, string> { ["format"] = "pt" });
        byte[] good = File.ReadAllBytes(path);
        Gen<(int At, byte Value)[]> changes = Gen.Select(Gen.Int[0, 200], Gen.OneOf(Gen.Byte, Gen.OneOfConst("{}[]:,\"0123456789\\ "u8.ToArray()))).Array[0, 4];
        int refused = 0;
        Gen.Select(changes, Gen.OneOf(Gen.Const(good.Length), Gen.Int[0, good.Length]), Gen.Int[0, 3]).Sample(
            (edits, length, extra) =>
            {
                byte[] bytes = [.. good.AsSpan(0, length), .. new byte[extra == 3 ? 1 : 0]];
                foreach ((int at, byte value) in edits)
                {
                    if (at < bytes.Length)
                    {
                        bytes[at] = value;
                    }
                }

                File.WriteAllBytes(path, bytes);
                try
                {
                    using SafetensorsFile file = SafetensorsFile.Open(path);
                    foreach (string name in file.Entries.Keys)
                    {
                        if (file.Entries[name].DataType is "F32" or "F16" or "BF16" or "F64")
                        {
                            ((long)file.Read(name).Length).ShouldBe(file.Entries[name].Length);
                        }
                    }
                }
                catch (SafetensorsException)
                {
                    refused++;
                }
            },
            iter: 3000,
            threads: 1);
        refused.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void The_reference_files_are_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Shared.Path("stories260K", "hf", "model.safetensors"));
        file.Entries.Count.ShouldBe(47);
        file.Entries.Values.Sum(entry => entry.Length).ShouldBe(260_032);
        using SafetensorsFile logits = SafetensorsFile.Open(Shared.Path("stories260K", "forward_all_logits.safetensors"));
        logits.Entries.Values.Select(entry => entry.DataType).Distinct().Order().ShouldBe(["F64", "I64"]);
        foreach (SafetensorsEntry entry in logits.Entries.Values)
        {
            (entry.DataType == "I64" ? logits.ReadInt64(entry.Name).Length : logits.Read(entry.Name).Length).ShouldBe((int)entry.Length);
        }
    }

    private string Write(byte[] bytes)
    {
        string path = _folder["test.safetensors"];
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
