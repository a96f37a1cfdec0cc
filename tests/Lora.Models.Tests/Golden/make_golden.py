#!/usr/bin/env python3
"""Writes the golden cases of this folder: two tiny random Llamas as Hugging Face folders, an adapter for each in PEFT's
layout, and in golden.json what they must give.

The arithmetic is Python's own double precision over scalars, with a tape of scalar derivatives: it shares nothing with
the code under test. Only the standard library is needed:  python3 make_golden.py
"""

import json
import math
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


class Scalar:
    """A number with the local derivatives by which it was computed."""

    __slots__ = ("value", "parents", "gradient")

    def __init__(self, value, parents=()):
        self.value = value
        self.parents = parents
        self.gradient = 0.0

    def __add__(self, other):
        if isinstance(other, Scalar):
            return Scalar(self.value + other.value, ((self, 1.0), (other, 1.0)))
        return Scalar(self.value + other, ((self, 1.0),))

    __radd__ = __add__

    def __mul__(self, other):
        if isinstance(other, Scalar):
            return Scalar(self.value * other.value, ((self, other.value), (other, self.value)))
        return Scalar(self.value * other, ((self, other),))

    __rmul__ = __mul__

    def __sub__(self, other):
        return self + other * -1.0

    def map(self, value, slope):
        return Scalar(value, ((self, slope),))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((parent, False) for parent, _ in node.parents)
        self.gradient = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.gradient += slope * node.gradient


def number(x):
    return x.value if isinstance(x, Scalar) else x


def exp(x):
    e = math.exp(number(x))
    return x.map(e, e) if isinstance(x, Scalar) else e


def log(x):
    return x.map(math.log(x.value), 1.0 / x.value) if isinstance(x, Scalar) else math.log(x)


def power(x, exponent):
    y = number(x) ** exponent
    return x.map(y, exponent * number(x) ** (exponent - 1)) if isinstance(x, Scalar) else y


def dot(a, b):
    total = 0.0
    parents = []
    for x, y in zip(a, b):
        total += number(x) * number(y)
        if isinstance(x, Scalar):
            parents.append((x, number(y)))
        if isinstance(y, Scalar):
            parents.append((y, number(x)))
    return Scalar(total, tuple(parents)) if parents else total


class Llama:
    def __init__(self, config, weights, adapter, scaling):
        self.config, self.weights, self.adapter, self.scaling = config, weights, adapter, scaling

    def linear(self, path, rows):
        weight = self.weights[path + ".weight"]
        bias = self.weights.get(path + ".bias")
        result = []
        for row in rows:
            y = [dot(row, w) for w in weight]
            if bias is not None:
                y = [v + c for v, c in zip(y, bias)]
            if path in self.adapter:
                a, b = self.adapter[path]  # a [r][in], b [out][r], as in PEFT's files
                hidden = [dot(row, down) for down in a]
                y = [v + self.scaling * dot(hidden, up) for v, up in zip(y, b)]
            result.append(y)
        return result

    def norm(self, path, rows):
        weight = self.weights[path + ".weight"]
        result = []
        for row in rows:
            scale = power(dot(row, row) * (1.0 / len(row)) + self.config["rms_norm_eps"], -0.5)
            result.append([v * scale * w for v, w in zip(row, weight)])
        return result

    def rotate(self, head, position):
        half = len(head) // 2
        result = list(head)
        for i in range(half):
            angle = position * self.config["rope_theta"] ** (-2.0 * i / len(head))
            c, s = math.cos(angle), math.sin(angle)
            result[i] = head[i] * c - head[i + half] * s
            result[i + half] = head[i + half] * c + head[i] * s
        return result

    def attention(self, path, rows):
        width = self.config["head_dim"]
        heads = self.config["num_attention_heads"]
        shared = heads // self.config["num_key_value_heads"]
        q, k, v = (self.linear(f"{path}.{name}_proj", rows) for name in "qkv")
        result = [[] for _ in rows]
        for h in range(heads):
            at, key_at = h * width, h // shared * width
            qs = [self.rotate(row[at:at + width], t) for t, row in enumerate(q)]
            ks = [self.rotate(row[key_at:key_at + width], t) for t, row in enumerate(k)]
            vs = [row[key_at:key_at + width] for row in v]
            for t in range(len(rows)):
                scores = [dot(qs[t], ks[u]) * width ** -0.5 for u in range(t + 1)]
                largest = max(number(s) for s in scores)
                weights = [exp(s - largest) for s in scores]
                scale = power(sum(weights), -1.0)
                result[t] += [dot(weights, [vs[u][i] for u in range(t + 1)]) * scale for i in range(width)]
        return self.linear(f"{path}.o_proj", result)

    def feed_forward(self, path, rows):
        gate, up = self.linear(f"{path}.gate_proj", rows), self.linear(f"{path}.up_proj", rows)
        hidden = [[g * power(exp(g * -1.0) + 1.0, -1.0) * u for g, u in zip(gs, us)] for gs, us in zip(gate, up)]
        return self.linear(f"{path}.down_proj", hidden)

    def logits(self, tokens):
        embedding = self.weights["model.embed_tokens.weight"]
        x = [list(embedding[token]) for token in tokens]
        for layer in range(self.config["num_hidden_layers"]):
            path = f"model.layers.{layer}"
            y = self.attention(f"{path}.self_attn", self.norm(f"{path}.input_layernorm", x))
            x = [[a + b for a, b in zip(r, s)] for r, s in zip(x, y)]
            y = self.feed_forward(f"{path}.mlp", self.norm(f"{path}.post_attention_layernorm", x))
            x = [[a + b for a, b in zip(r, s)] for r, s in zip(x, y)]
        x = self.norm("model.norm", x)
        head = embedding if self.config["tie_word_embeddings"] else self.weights["lm_head.weight"]
        return [[dot(row, w) for w in head] for row in x]

    def loss(self, rows):
        terms = []
        for row in rows:
            for logits, target in zip(self.logits(row[:-1]), row[1:]):
                largest = max(number(v) for v in logits)
                terms.append(log(sum(exp(v - largest) for v in logits)) + largest - logits[target])
        return sum(terms) * (1.0 / len(terms))


def round_f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def round_bf16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def round_f16(x):
    return struct.unpack("<e", struct.pack("<e", x))[0]


def pack(kind, values):
    if kind == "BF16":
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return struct.pack(f"<{len(values)}{'e' if kind == 'F16' else 'f'}", *values)


def flatten(tensor):
    return [v for row in tensor for v in row] if isinstance(tensor[0], list) else list(tensor)


def save(path, tensors, kind):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        tensor = tensors[name]
        shape = [len(tensor), len(tensor[0])] if isinstance(tensor[0], list) else [len(tensor)]
        packed = pack(kind, flatten(tensor))
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_json(path, value):
    with open(path, "w", newline="\n") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def write_lines(path, values):
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in values.items())
    with open(path, "w", newline="\n") as file:
        file.write("{\n" + lines + "\n}\n")


def matrix(rng, rows, columns, width, rounding):
    return [[rounding(rng.uniform(-width, width)) for _ in range(columns)] for _ in range(rows)]


def linears(config):
    d, ffn = config["hidden_size"], config["intermediate_size"]
    q = config["num_attention_heads"] * config["head_dim"]
    kv = config["num_key_value_heads"] * config["head_dim"]
    for layer in range(config["num_hidden_layers"]):
        path = f"model.layers.{layer}"
        for name, inputs, outputs in (("q", d, q), ("k", d, kv), ("v", d, kv), ("o", q, d)):
            yield f"{path}.self_attn.{name}_proj", inputs, outputs, config["attention_bias"]
        for name, inputs, outputs in (("gate", d, ffn), ("up", d, ffn), ("down", ffn, d)):
            yield f"{path}.mlp.{name}_proj", inputs, outputs, config["mlp_bias"]


def random_weights(rng, config, rounding):
    d = config["hidden_size"]
    weights = {"model.embed_tokens.weight": matrix(rng, config["vocab_size"], d, 1.0, rounding)}
    for path, inputs, outputs, has_bias in linears(config):
        weights[path + ".weight"] = matrix(rng, outputs, inputs, 1.5 / math.sqrt(inputs), rounding)
        if has_bias:
            weights[path + ".bias"] = matrix(rng, 1, outputs, 0.3, rounding)[0]
    norms = [f"model.layers.{i}.{n}" for i in range(config["num_hidden_layers"]) for n in ("input_layernorm", "post_attention_layernorm")]
    for path in norms + ["model.norm"]:
        weights[path + ".weight"] = [rounding(rng.uniform(0.6, 1.4)) for _ in range(d)]
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = matrix(rng, config["vocab_size"], d, 1.0, rounding)
    return weights


def train(config, weights, start, scaling, batches, rate):
    """Adam (Kingma and Ba 2015) on the adapters; the losses before each update, the first gradients, and the end."""
    values = {path: [[list(row) for row in tensor] for tensor in pair] for path, pair in start.items()}
    moments = {path: [[[(0.0, 0.0) for _ in row] for row in tensor] for tensor in pair] for path, pair in start.items()}
    losses, norms, first = [], [], None
    for step, rows in enumerate(batches, 1):
        adapter = {path: [[[Scalar(v) for v in row] for row in tensor] for tensor in pair] for path, pair in values.items()}
        loss = Llama(config, weights, adapter, scaling).loss(rows)
        loss.backward()
        losses.append(loss.value)
        gradients = {path: [[[v.gradient for v in row] for row in tensor] for tensor in pair] for path, pair in adapter.items()}
        norms.append(math.sqrt(sum(g * g for pair in gradients.values() for tensor in pair for row in tensor for g in row)))
        first = first or gradients
        for path, pair in gradients.items():
            for t, tensor in enumerate(pair):
                for i, row in enumerate(tensor):
                    for j, g in enumerate(row):
                        m, v = moments[path][t][i][j]
                        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                        moments[path][t][i][j] = (m, v)
                        step_size = rate / (1 - 0.9 ** step)
                        values[path][t][i][j] -= step_size * m / (math.sqrt(v / (1 - 0.999 ** step)) + 1e-8)
    return losses, norms, first, values


def case(name, seed, config, kind, shards, rank, alpha):
    rng = random.Random(seed)
    rounding = {"F32": round_f32, "BF16": round_bf16, "F16": round_f16}[kind]
    folder = os.path.join(HERE, name)
    os.makedirs(os.path.join(folder, "adapter"), exist_ok=True)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rope_scaling": None,
              "max_position_embeddings": 32, "bos_token_id": 1, "eos_token_id": 2, **config}
    write_json(os.path.join(folder, "config.json"), config)
    weights = random_weights(rng, config, rounding)
    if shards == 1:
        save(os.path.join(folder, "model.safetensors"), weights, kind)
    else:
        names = sorted(weights)
        where = {n: f"model-{i * shards // len(names) + 1:05d}-of-{shards:05d}.safetensors" for i, n in enumerate(names)}
        for file in sorted(set(where.values())):
            save(os.path.join(folder, file), {n: weights[n] for n in names if where[n] == file}, kind)
        size = sum(len(flatten(t)) for t in weights.values()) * (4 if kind == "F32" else 2)
        write_json(os.path.join(folder, "model.safetensors.index.json"), {"metadata": {"total_size": size}, "weight_map": where})

    adapter = {path: (matrix(rng, rank, inputs, 0.5, round_f32), matrix(rng, outputs, rank, 0.2, round_f32))
               for path, inputs, outputs, _ in linears(config)}
    tensors = {}
    for path, (a, b) in adapter.items():
        tensors[f"base_model.model.{path}.lora_A.weight"], tensors[f"base_model.model.{path}.lora_B.weight"] = a, b
    save(os.path.join(folder, "adapter", "adapter_model.safetensors"), tensors, "F32")
    write_json(os.path.join(folder, "adapter", "adapter_config.json"), {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": alpha, "lora_dropout": 0.0, "bias": "none",
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]})

    batches = [[[rng.randrange(config["vocab_size"]) for _ in range(7)] for _ in range(2)] for _ in range(6)]
    scaling = alpha / rank
    plain = Llama(config, weights, {}, 0.0)
    losses, norms, first, last = train(config, weights, adapter, scaling, batches, 0.01)
    write_lines(os.path.join(folder, "golden.json"), {
        "batches": batches,
        "frozen_logits": [flatten(plain.logits(row[:-1])) for row in batches[0]],
        "frozen_loss": plain.loss(batches[0]),
        "adapted_logits": [flatten(Llama(config, weights, adapter, scaling).logits(row[:-1])) for row in batches[0]],
        "learning_rate": 0.01,
        "losses": losses,
        "gradient_norms": norms,
        "first_gradients": {f"{p}.lora_{n}": [float(f"{g:.9g}") for g in flatten(t)] for p, pair in first.items() for n, t in zip("AB", pair)},
        "final_adapter": {f"{p}.lora_{n}": [float(f"{g:.9g}") for g in flatten(t)] for p, pair in last.items() for n, t in zip("AB", pair)},
    })
    print(name, losses, norms)


if __name__ == "__main__":
    case("tied", 1, {
        "vocab_size": 11, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 1, "head_dim": 4, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "attention_bias": False,
        "mlp_bias": False, "tie_word_embeddings": True}, "F32", 1, rank=2, alpha=6)
    case("untied", 2, {
        "vocab_size": 13, "hidden_size": 6, "intermediate_size": 9, "num_hidden_layers": 1, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 2, "rms_norm_eps": 1e-6, "rope_theta": 500.0, "attention_bias": True,
        "mlp_bias": True, "tie_word_embeddings": False}, "BF16", 2, rank=3, alpha=2)
