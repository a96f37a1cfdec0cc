#!/usr/bin/env python3
"""Writes a model's folder in Hugging Face's layout (Llama, Mistral, Qwen2, Qwen3 or GPT-2, one safetensors file) as a GGUF file in float32 without a vocabulary,
for llama.cpp to run in make_logits.cs. Rows of a Llama's queries and keys are put in llama.cpp's order, in which the halves that turn together alternate.

    python3 make_base.py ../torch/mistral mistral.gguf
    dotnet run make_logits.cs -- mistral.gguf mistral/adapter.gguf mistral/logits.json

Needs numpy. The adapters here were written by GgufAdapter.Save from random values; the logits are those of llama.cpp as LLamaSharp 0.30.0 has it.
"""

import json
import struct
import sys

import numpy

TYPES = {"F32": "<f4", "F16": "<f2"}
LLAMA_NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
GPT2_NAMES = {
    "ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            part = data[8 + length + begin:8 + length + end]
            if entry["dtype"] == "BF16":
                values = (numpy.frombuffer(part, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
            else:
                values = numpy.frombuffer(part, TYPES[entry["dtype"]])
            tensors[name] = values.astype(numpy.float32).reshape(entry["shape"])
    return tensors


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def value(item):
    if isinstance(item, str):
        return struct.pack("<I", 8) + text(item)
    return struct.pack("<If", 6, item) if isinstance(item, float) else struct.pack("<II", 4, item)


def alternate(matrix, heads):
    return matrix.reshape(heads, 2, matrix.shape[0] // heads // 2, *matrix.shape[1:]).swapaxes(1, 2).reshape(matrix.shape)


def rope_factors(config, width):
    """What llama.cpp divides each frequency by: Llama 3's scaling."""
    scaling = config["rope_scaling"]
    low, high, old = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["original_max_position_embeddings"]
    factors = []
    for i in range(0, width, 2):
        length = 2 * numpy.pi * config["rope_theta"] ** (i / width)
        smooth = (old / length - low) / (high - low)
        factors.append(1 if length < old / high else scaling["factor"] if length > old / low else 1 / ((1 - smooth) / scaling["factor"] + smooth))
    return numpy.array(factors, numpy.float32)


def gpt2(config, weights):
    width = config["n_embd"]
    values = {
        "context_length": config["n_positions"], "embedding_length": width, "block_count": config["n_layer"], "feed_forward_length": 4 * width,
        "attention.head_count": config["n_head"], "attention.layer_norm_epsilon": config["layer_norm_epsilon"], "vocab_size": config["vocab_size"],
    }
    plain = {name.removeprefix("transformer."): tensor for name, tensor in weights.items()}
    tensors = {
        "token_embd.weight": plain["wte.weight"], "position_embd.weight": plain["wpe.weight"], "output.weight": plain["wte.weight"],
        "output_norm.weight": plain["ln_f.weight"], "output_norm.bias": plain["ln_f.bias"],
    }
    for i in range(config["n_layer"]):
        for ours, theirs in GPT2_NAMES.items():
            tensors[f"blk.{i}.{theirs}.weight"] = plain[f"h.{i}.{ours}.weight"].T
            tensors[f"blk.{i}.{theirs}.bias"] = plain[f"h.{i}.{ours}.bias"]
    return "gpt2", values, tensors


def llama(config, weights):
    kind = {"mistral": "llama"}.get(config["model_type"], config["model_type"])
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    width = config.get("head_dim") or config["hidden_size"] // heads
    values = {
        "context_length": config["max_position_embeddings"], "embedding_length": config["hidden_size"], "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"], "attention.head_count": heads, "attention.head_count_kv": shared,
        "attention.layer_norm_rms_epsilon": config["rms_norm_eps"], "rope.dimension_count": width, "attention.key_length": width,
        "attention.value_length": width, "rope.freq_base": config["rope_theta"], "vocab_size": config["vocab_size"],
    }
    tensors = {"token_embd.weight": weights["model.embed_tokens.weight"], "output_norm.weight": weights["model.norm.weight"]}
    if "lm_head.weight" in weights:
        tensors["output.weight"] = weights["lm_head.weight"]
    if config.get("rope_scaling"):
        tensors["rope_freqs.weight"] = rope_factors(config, width)
    for i in range(config["num_hidden_layers"]):
        for ours, theirs in LLAMA_NAMES.items():
            for part in ("weight", "bias"):
                tensor = weights.get(f"model.layers.{i}.{ours}.{part}")
                if tensor is not None:
                    alternates = kind == "llama" and theirs in ("attn_q", "attn_k")
                    tensors[f"blk.{i}.{theirs}.{part}"] = alternate(tensor, heads if theirs == "attn_q" else shared) if alternates else tensor
    return kind, values, tensors


def main(folder, path):
    with open(f"{folder}/config.json") as file:
        config = json.load(file)
    kind, values, tensors = (gpt2 if config["model_type"] == "gpt2" else llama)(config, read(f"{folder}/model.safetensors"))
    pairs = {"general.architecture": kind, **{f"{kind}.{key}": item for key, item in values.items()}, "tokenizer.ggml.model": "no_vocab"}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(text(key) + value(item) for key, item in pairs.items())
    data = b""
    for name, tensor in tensors.items():
        head += text(name) + struct.pack("<I", tensor.ndim) + b"".join(struct.pack("<Q", size) for size in reversed(tensor.shape)) + struct.pack("<IQ", 0, len(data))
        data += numpy.ascontiguousarray(tensor, numpy.float32).tobytes()
        data += bytes(-len(data) % 32)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + data)


if __name__ == "__main__":
    main(*sys.argv[1:])
