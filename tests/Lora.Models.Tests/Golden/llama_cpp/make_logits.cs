#:package LLamaSharp@0.30.0
#:package LLamaSharp.Backend.Cpu@0.30.0
#:property TreatWarningsAsErrors=false
#:property ManagePackageVersionsCentrally=false

// What llama.cpp computes of a model with an adapter, both GGUF files: the logits after each token, in float32.
//   dotnet run make_logits.cs -- base.gguf adapter.gguf logits.json
using System.Text.Json;
using LLama;
using LLama.Common;
using LLama.Native;

int[] tokens = [1, 5, 9, 3, 7, 12, 4, 2, 11, 6];
NativeLogConfig.llama_log_set((level, message) => { if (level >= LLamaLogLevel.Error) { Console.Error.Write(message); } });
var options = new ModelParams(args[0]) { ContextSize = 32, GpuLayerCount = 0, TypeK = GGMLType.GGML_TYPE_F32, TypeV = GGMLType.GGML_TYPE_F32, FlashAttention = false };
using LLamaWeights weights = LLamaWeights.LoadFromFile(options);
using LLamaContext context = weights.CreateContext(options);
context.NativeHandle.SetLoraAdapters([(weights.NativeHandle.LoadLoraFromFile(args[1]), 1f)]);
var batch = new LLamaBatch();
for (int i = 0; i < tokens.Length; i++)
{
    batch.Add(tokens[i], i, LLamaSeqId.Zero, true);
}

if (context.NativeHandle.Decode(batch) != DecodeResult.Ok)
{
    throw new InvalidOperationException("llama.cpp could not decode.");
}

using FileStream file = File.Create(args[2]);
using var json = new Utf8JsonWriter(file);
json.WriteStartObject();
json.WriteStartArray("tokens");
Array.ForEach(tokens, json.WriteNumberValue);
json.WriteEndArray();
json.WriteStartArray("logits");
for (int i = 0; i < tokens.Length; i++)
{
    foreach (float logit in context.NativeHandle.GetLogitsIth(i))
    {
        json.WriteNumberValue(logit);
    }
}

json.WriteEndArray();
json.WriteEndObject();
