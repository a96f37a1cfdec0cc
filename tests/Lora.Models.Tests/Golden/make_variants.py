#!/usr/bin/env python3
"""Writes the training runs in variants/: kinds of adapters and options of optimisers on the tiny Llamas of make_golden.py, by PyTorch's automatic
differentiation and optimisers, with the formulas of PEFT's LoRA, rsLoRA and DoRA (norm detached) written out. Each folder is a PEFT adapter, the start, with
trace.json (what was done, losses and gradient norms in float32 and float64) and final.safetensors (the end of the float64 run, as float64).

Needs PyTorch (1.13 made the files that are here):  python3 make_variants.py
"""

import json
import math
import os
import random
import struct

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
PREFIX = "base_model.model."
TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            part = bytearray(data[8 + length + begin:8 + length + end])
            tensors[name] = torch.frombuffer(part, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"]).to(torch.float64)
    return tensors


def write(path, tensors, kind):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        packed = tensors[name].detach().to(TYPES[kind]).contiguous().numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class Layer:
    """What PEFT makes of one layer."""

    def __init__(self, peft, path):
        def first(pattern, default):
            for key, value in peft.get(pattern, {}).items():
                if path.endswith("." + key):
                    return value
            return default

        self.path, self.dora = path, peft["use_dora"]
        self.rank = first("rank_pattern", peft["r"])
        alpha = first("alpha_pattern", peft["lora_alpha"])
        self.scaling = alpha / math.sqrt(self.rank) if peft["use_rslora"] else alpha / self.rank


class Llama:
    def __init__(self, config, weights, layers, values):
        self.config, self.weights, self.layers, self.values = config, weights, layers, values

    def weight(self, name):
        """A weight that training may have put in the place of the base model's."""
        path, part = name.rsplit(".", 1)
        for key in (PREFIX + name, f"{PREFIX}{path}.base_layer.{part}"):
            if key in self.values:
                return self.values[key]
        return self.weights.get(name)

    def linear(self, path, x):
        weight, bias = self.weight(path + ".weight"), self.weight(path + ".bias")
        y = x @ weight.T
        if path in self.layers:
            layer = self.layers[path]
            a, b = self.values[f"{PREFIX}{path}.lora_A.weight"], self.values[f"{PREFIX}{path}.lora_B.weight"]
            lora = x @ a.T @ b.T * layer.scaling
            if layer.dora:
                norm = torch.linalg.norm(weight + layer.scaling * (b @ a).detach(), dim=1).detach()
                scale = self.values[f"{PREFIX}{path}.lora_magnitude_vector"] / norm
                y = y + (scale - 1) * y + scale * lora
            else:
                y = y + lora
        return y if bias is None else y + bias

    def embed(self, tokens):
        path = "model.embed_tokens"
        weight = self.weight(path + ".weight")
        y = weight[tokens]
        if path in self.layers:
            layer = self.layers[path]
            a, b = self.values[f"{PREFIX}{path}.lora_embedding_A"], self.values[f"{PREFIX}{path}.lora_embedding_B"]
            lora = a.T[tokens] @ b.T * layer.scaling
            if layer.dora:
                norm = torch.linalg.norm(weight.T + layer.scaling * (b @ a).detach(), dim=1).detach()
                scale = self.values[f"{PREFIX}{path}.lora_magnitude_vector"] / norm
                return scale * y + scale * lora
            y = y + lora
        return y

    def norm(self, path, x):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.config["rms_norm_eps"]) * self.weight(path + ".weight")

    def rotate(self, x):
        half = x.shape[-1] // 2
        frequencies = self.config["rope_theta"] ** (-2.0 * torch.arange(half, dtype=torch.float64) / x.shape[-1])
        angles = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * frequencies
        c, s = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        first, second = x[..., :half], x[..., half:]
        return torch.cat([first * c - second * s, second * c + first * s], -1)

    def attention(self, path, x):
        batch, length, _ = x.shape
        width, heads, shared = self.config["head_dim"], self.config["num_attention_heads"], self.config["num_key_value_heads"]
        q = self.linear(f"{path}.q_proj", x).view(batch, length, heads, width).transpose(1, 2)
        k = self.linear(f"{path}.k_proj", x).view(batch, length, shared, width).transpose(1, 2).repeat_interleave(heads // shared, 1)
        v = self.linear(f"{path}.v_proj", x).view(batch, length, shared, width).transpose(1, 2).repeat_interleave(heads // shared, 1)
        scores = self.rotate(q) @ self.rotate(k).transpose(-1, -2) * width ** -0.5
        scores = scores.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -math.inf)
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, heads * width)
        return self.linear(f"{path}.o_proj", y)

    def loss(self, rows):
        tokens = torch.tensor(rows)
        x = self.embed(tokens[:, :-1])
        for i in range(self.config["num_hidden_layers"]):
            path = f"model.layers.{i}"
            x = x + self.attention(f"{path}.self_attn", self.norm(f"{path}.input_layernorm", x))
            h = self.norm(f"{path}.post_attention_layernorm", x)
            gate = torch.nn.functional.silu(self.linear(f"{path}.mlp.gate_proj", h))
            x = x + self.linear(f"{path}.mlp.down_proj", gate * self.linear(f"{path}.mlp.up_proj", h))
        x = self.norm("model.norm", x)
        logits = x @ self.weight("model.embed_tokens.weight").T if self.config["tie_word_embeddings"] else self.linear("lm_head", x)
        return torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))


def rate(spec, step):
    """The learning rate of a step from 0, as Hugging Face's schedules."""
    warmup, total = spec["warmup"], spec["steps"]
    if step < warmup:
        return spec["lr"] * step / max(1, warmup)
    if spec["schedule"] == "constant":
        return spec["lr"]
    if spec["schedule"] == "linear":
        return spec["lr"] * max(0.0, (total - step) / max(1, total - warmup))
    return spec["lr"] * max(0.0, 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup))))


def train(spec, config, weights, layers, start, batches, dtype):
    values = {name: value.to(dtype).clone().requires_grad_() for name, value in start.items()}
    model = Llama(config, {name: value.to(dtype) for name, value in weights.items()}, layers, values)
    fast = [v for n, v in values.items() if "embed_tokens" not in n and ("lora_B" in n or v.ndim == 1)]
    slow = [v for v in values.values() if all(v is not other for other in fast)]
    groups = [{"params": slow, "ratio": 1.0}, {"params": fast, "ratio": spec["loraplus"]}]
    if spec["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(groups, lr=spec["lr"], momentum=spec["momentum"], weight_decay=spec["weight_decay"])
    else:
        kind = torch.optim.AdamW if spec["optimizer"] == "adamw" else torch.optim.Adam
        optimizer = kind(groups, lr=spec["lr"], betas=tuple(spec["betas"]), eps=spec["eps"], weight_decay=spec["weight_decay"])
    losses, norms = [], []
    for step, micros in enumerate(batches):
        optimizer.zero_grad()
        total = 0.0
        for rows in micros:
            loss = model.loss(rows) / len(micros)
            loss.backward()
            total += loss.item()
        losses.append(total)
        norm = math.sqrt(sum(v.grad.double().pow(2).sum().item() for v in values.values()))
        norms.append(norm)
        if spec["clip"] is not None:
            torch.nn.utils.clip_grad_norm_(list(values.values()), spec["clip"])
        for group in optimizer.param_groups:
            group["lr"] = rate(spec, step) * group["ratio"]
        optimizer.step()
    return losses, norms, values


def linears(config):
    for i in range(config["num_hidden_layers"]):
        for name in ("q", "k", "v", "o"):
            yield f"model.layers.{i}.self_attn.{name}_proj"
        for name in ("gate", "up", "down"):
            yield f"model.layers.{i}.mlp.{name}_proj"


def case(name, seed, base, peft, **spec):
    rng = random.Random(seed)
    folder = os.path.join(HERE, "variants", name)
    os.makedirs(folder, exist_ok=True)
    peft = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "lora_dropout": 0.0, "bias": "none", "use_rslora": False, "use_dora": False,
            "rank_pattern": {}, "alpha_pattern": {}, "modules_to_save": None, **peft}
    spec = {"base": base, "optimizer": "adamw", "lr": 0.01, "betas": [0.9, 0.999], "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0, "clip": None, "schedule": "constant",
            "warmup": 0, "steps": 8, "micro": 1, "loraplus": 1.0, **spec}
    with open(os.path.join(HERE, base, "config.json")) as file:
        config = json.load(file)
    weights = {}
    for file in sorted(os.listdir(os.path.join(HERE, base))):
        if file.endswith(".safetensors"):
            weights.update(read(os.path.join(HERE, base, file)))

    def draw(*shape, width):
        return torch.tensor([rng.uniform(-width, width) for _ in range(math.prod(shape))]).reshape(shape).to(torch.float32).double()

    layers, start = {}, {}
    for path in ["model.embed_tokens", *linears(config)]:
        if path.rsplit(".", 1)[-1] not in peft["target_modules"]:
            continue
        layer = layers[path] = Layer(peft, path)
        weight = weights[path + ".weight"]
        if path == "model.embed_tokens":
            start[f"{PREFIX}{path}.lora_embedding_A"] = draw(layer.rank, weight.shape[0], width=0.3)
            start[f"{PREFIX}{path}.lora_embedding_B"] = draw(weight.shape[1], layer.rank, width=0.3)
        else:
            start[f"{PREFIX}{path}.lora_A.weight"] = draw(layer.rank, weight.shape[1], width=0.5)
            start[f"{PREFIX}{path}.lora_B.weight"] = draw(weight.shape[0], layer.rank, width=0.2)
        if layer.dora:
            norm = torch.linalg.norm(weight, dim=0 if path == "model.embed_tokens" else 1)
            start[f"{PREFIX}{path}.lora_magnitude_vector"] = (norm * (1 + draw(*norm.shape, width=0.2))).to(torch.float32).double()
        if peft["bias"] == "lora_only" and path + ".bias" in weights:
            start[f"{PREFIX}{path}.base_layer.bias"] = weights[path + ".bias"]
    for path in peft["modules_to_save"] or []:
        for part in ("weight", "bias"):
            if f"{path}.{part}" in weights:
                start[f"{PREFIX}{path}.{part}"] = weights[f"{path}.{part}"]

    batches = [[[[rng.randrange(config["vocab_size"]) for _ in range(7)] for _ in range(2)] for _ in range(spec["micro"])] for _ in range(spec["steps"])]
    runs = {"f32": train(spec, config, weights, layers, start, batches, torch.float32),
            "f64": train(spec, config, weights, layers, start, batches, torch.float64)}
    trace = {"spec": spec, "lr": [rate(spec, step) for step in range(spec["steps"])], "batches": batches}
    for kind, (losses, norms, _) in runs.items():
        trace["loss_" + kind], trace["grad_norm_" + kind] = losses, norms
    write(os.path.join(folder, "adapter_model.safetensors"), start, "F32")
    write(os.path.join(folder, "final.safetensors"), runs["f64"][2], "F64")
    with open(os.path.join(folder, "adapter_config.json"), "w", newline="\n") as file:
        json.dump(peft, file, indent=1, sort_keys=True)
        file.write("\n")
    with open(os.path.join(folder, "trace.json"), "w", newline="\n") as file:
        lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in trace.items())
        file.write("{\n" + lines + "\n}\n")
    distance = max(abs(a - b) for a, b in zip(runs["f32"][0], runs["f64"][0]))
    print(f"{name}: {runs['f64'][0][0]:.4f} -> {runs['f64'][0][-1]:.4f}, float32 differs by {distance:.1e}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    every = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    case("plain_all", 1, "tied", {"r": 2, "lora_alpha": 3, "target_modules": every})
    case("rslora_all", 2, "tied", {"r": 2, "lora_alpha": 3, "target_modules": every, "use_rslora": True}, weight_decay=0.1)
    case("dora_all", 3, "tied", {"r": 2, "lora_alpha": 3, "target_modules": every, "use_dora": True}, weight_decay=0.01)
    case("dora_patterns", 4, "untied",
         {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "k_proj", "up_proj"], "use_dora": True, "use_rslora": True,
          "rank_pattern": {"k_proj": 1}, "alpha_pattern": {"up_proj": 5}},
         optimizer="sgd", lr=0.05, momentum=0.9, weight_decay=0.02)
    case("dora_embedding", 5, "untied", {"r": 2, "lora_alpha": 3, "target_modules": ["embed_tokens", "q_proj"], "use_dora": True})
    case("bias_and_head", 6, "untied",
         {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj"], "bias": "lora_only", "modules_to_save": ["lm_head"]}, weight_decay=0.05)
    case("loraplus", 7, "tied", {"r": 2, "lora_alpha": 3, "target_modules": every, "use_dora": True}, lr=0.002, loraplus=8.0, weight_decay=0.1)
    case("cosine_clipped", 8, "tied", {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj"]},
         lr=0.02, weight_decay=0.1, clip=0.05, schedule="cosine", warmup=3, micro=2, steps=10)
    case("linear_sgd", 9, "tied", {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj"]},
         optimizer="sgd", lr=0.3, clip=0.1, schedule="linear", warmup=2, micro=3, steps=10)
    case("adam_l2", 10, "tied", {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj"]},
         optimizer="adam", lr=0.02, betas=[0.8, 0.95], eps=1e-3, weight_decay=0.2, warmup=3, micro=2)
    case("linear_adamw", 11, "tied", {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "o_proj"], "use_rslora": True},
         lr=0.03, betas=[0.7, 0.9], eps=1e-6, weight_decay=0.3, clip=0.1, schedule="linear", warmup=1, steps=9)
