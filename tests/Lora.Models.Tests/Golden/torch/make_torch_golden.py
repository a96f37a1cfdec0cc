#!/usr/bin/env python3
"""Writes the golden cases of this folder: tiny random models as Hugging Face folders, an adapter for each in PEFT's layout, and in
golden.safetensors the logits, the loss and the gradients of the adapter that they must give.

The forward passes are written here after the papers and after how Hugging Face's checkpoints are laid out; PyTorch differentiates them, all in
double precision, on weights that float32 (or bfloat16) holds exactly. Needs PyTorch alone:  python3 make_torch_golden.py
"""

import json
import math
import os
import shutil
import struct

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bfloat16: "BF16"}
RANK, ALPHA = 2, 3.0


def write_safetensors(path, tensors, metadata=None):
    header, data, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name in sorted(tensors):
        tensor = tensors[name].detach().contiguous()
        kind = TYPES[tensor.dtype]
        raw = (tensor.view(torch.int16) if kind == "BF16" else tensor).numpy().tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


class Case:
    """A model's weights, in double precision, and the adapters of its linear layers."""

    def __init__(self, name, config, seed, stored=torch.float32):
        self.name, self.config, self.stored = name, config, stored
        self.generator = torch.Generator().manual_seed(seed)
        self.weights, self.adapters = {}, {}

    def draw(self, *shape, scale=1.0, mean=0.0):
        values = mean + scale * torch.randn(*shape, generator=self.generator, dtype=torch.float64)
        return values.to(self.stored).double()

    def add_linear(self, name, inputs, outputs, bias, adapted=True, conv1d=False):
        self.weights[name + ".weight"] = self.draw(*((inputs, outputs) if conv1d else (outputs, inputs)), scale=inputs ** -0.5)
        if bias:
            self.weights[name + ".bias"] = self.draw(outputs, scale=0.3)
        if adapted:
            a = (torch.randn(RANK, inputs, generator=self.generator) * 0.3).double().requires_grad_()
            b = (torch.randn(outputs, RANK, generator=self.generator) * 0.2).double().requires_grad_()
            self.adapters[name] = (a, b)

    def add_norm(self, name, width, bias):
        self.weights[name + ".weight"] = self.draw(width, scale=0.2, mean=1.0)
        if bias:
            self.weights[name + ".bias"] = self.draw(width, scale=0.2)

    def add_table(self, name, count, width):
        self.weights[name + ".weight"] = self.draw(count, width, scale=0.7)

    def linear(self, name, x, conv1d=False):
        weight = self.weights[name + ".weight"]
        y = x @ (weight if conv1d else weight.T)
        if name + ".bias" in self.weights:
            y = y + self.weights[name + ".bias"]
        if name in self.adapters:
            a, b = self.adapters[name]
            y = y + ALPHA / RANK * (x @ a.T) @ b.T
        return y

    def rms_norm(self, name, x, eps):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * self.weights[name + ".weight"]

    def layer_norm(self, name, x, eps):
        centred = x - x.mean(-1, keepdim=True)
        variance = (centred * centred).mean(-1, keepdim=True)
        return centred / torch.sqrt(variance + eps) * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def rows(self, name, ids):
        return self.weights[name + ".weight"][ids]

    def save(self, logits, loss, inputs, extra_files=None):
        loss.backward()
        folder = os.path.join(HERE, self.name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "adapter"))
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(self.config, file, indent=2)
            file.write("\n")
        write_safetensors(os.path.join(folder, "model.safetensors"),
                          {name: value.to(self.stored) for name, value in self.weights.items()}, {"format": "pt"})
        peft, gradients = {}, {}
        for name, factors in self.adapters.items():
            for kind, factor in zip("AB", factors):
                key = f"base_model.model.{name}.lora_{kind}.weight"
                peft[key] = factor.float()
                gradients["grad." + key] = factor.grad
        write_safetensors(os.path.join(folder, "adapter", "adapter_model.safetensors"), peft, {"format": "pt"})
        write_safetensors(os.path.join(folder, "golden.safetensors"),
                          {"logits": logits, "loss": loss.reshape(1), **inputs, **gradients})
        print(self.name, f"loss {loss.item():.6f}")


def cross_entropy(logits, targets):
    flat, wanted = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    kept = wanted != -100
    chosen = torch.log_softmax(flat[kept], -1).gather(1, wanted[kept].unsqueeze(1))
    return -chosen.mean()


def split_heads(x, width):
    batch, length, _ = x.shape
    return x.reshape(batch, length, -1, width).transpose(1, 2)


def attend(q, k, v, width, visible):
    """q [b, t, heads·d], k and v with as many heads or fewer; visible is a boolean that spreads to [b, heads, t, t]."""
    q, k, v = split_heads(q, width), split_heads(k, width), split_heads(v, width)
    shared = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    scores = (q @ k.transpose(-1, -2) / math.sqrt(width)).masked_fill(~visible, float("-inf"))
    y = torch.softmax(scores, -1) @ v
    return y.transpose(1, 2).reshape(y.shape[0], y.shape[2], -1)


def activation(name, x):
    if name == "gelu":
        return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    if name == "gelu_new":
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    if name == "relu":
        return torch.clamp(x, min=0)
    return x * torch.sigmoid(x)


def rotary_frequencies(config, width):
    base = config.get("rope_parameters", config).get("rope_theta", 10000.0)
    frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    scaling = config.get("rope_scaling") or {}
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind == "linear":
        return frequencies / scaling["factor"]
    if kind == "llama3":
        old, factor = scaling["original_max_position_embeddings"], scaling["factor"]
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        scaled = []
        for frequency in frequencies.tolist():
            wavelength = 2 * math.pi / frequency
            if wavelength < old / high:
                scaled.append(frequency)
            elif wavelength > old / low:
                scaled.append(frequency / factor)
            else:
                smooth = (old / wavelength - low) / (high - low)
                scaled.append((1 - smooth) * frequency / factor + smooth * frequency)
        return torch.tensor(scaled, dtype=torch.float64)
    return frequencies


def rotate(x, width, frequencies):
    heads = split_heads(x, width)
    angles = torch.arange(x.shape[1], dtype=torch.float64).unsqueeze(1) * frequencies
    cosine, sine = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
    first, second = heads[..., :width // 2], heads[..., width // 2:]
    turned = heads * cosine + torch.cat([-second, first], -1) * sine
    return turned.transpose(1, 2).reshape(x.shape)


def tokens_for(case, rows, length, low=0):
    vocabulary = case.config["vocab_size"]
    all_tokens = torch.randint(low, vocabulary, (rows, length + 1), generator=case.generator)
    targets = all_tokens[:, 1:].clone()
    targets[0, 1] = -100
    return all_tokens[:, :-1].contiguous(), targets


def llama(name, seed, stored=torch.float32, **changes):
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 19, "hidden_size": 12, "intermediate_size": 14,
              "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 64,
              "rms_norm_eps": 1e-5, "rope_theta": 1000.0, "hidden_act": "silu", "tie_word_embeddings": False,
              "bos_token_id": 1, "eos_token_id": 2, **changes}
    kind = config["model_type"]
    case = Case(name, config, seed, stored)
    width, head, eps = config["hidden_size"], config["head_dim"], config["rms_norm_eps"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    qkv_bias = kind == "qwen2" or config.get("attention_bias", False)
    case.add_table("model.embed_tokens", config["vocab_size"], width)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        case.add_norm(layer + "input_layernorm", width, False)
        for part, size in (("q_proj", queries), ("k_proj", keys), ("v_proj", keys)):
            case.add_linear(layer + "self_attn." + part, width, size, qkv_bias)
        case.add_linear(layer + "self_attn.o_proj", queries, width, config.get("attention_bias", False))
        if kind == "qwen3":
            case.add_norm(layer + "self_attn.q_norm", head, False)
            case.add_norm(layer + "self_attn.k_norm", head, False)
        case.add_norm(layer + "post_attention_layernorm", width, False)
        case.add_linear(layer + "mlp.gate_proj", width, config["intermediate_size"], False)
        case.add_linear(layer + "mlp.up_proj", width, config["intermediate_size"], False)
        case.add_linear(layer + "mlp.down_proj", config["intermediate_size"], width, False)
    case.add_norm("model.norm", width, False)
    if not config["tie_word_embeddings"]:
        case.add_linear("lm_head", width, config["vocab_size"], False, adapted=False)

    tokens, targets = tokens_for(case, 2, 9)
    length = tokens.shape[1]
    visible = torch.ones(length, length, dtype=torch.bool).tril()
    frequencies = rotary_frequencies(config, head)
    x = case.rows("model.embed_tokens", tokens)
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        h = case.rms_norm(layer + "input_layernorm", x, eps)
        q, k, v = (case.linear(layer + "self_attn." + part, h) for part in ("q_proj", "k_proj", "v_proj"))
        if kind == "qwen3":
            q = case.rms_norm(layer + "self_attn.q_norm", q.reshape(2, length, -1, head), eps).reshape(q.shape)
            k = case.rms_norm(layer + "self_attn.k_norm", k.reshape(2, length, -1, head), eps).reshape(k.shape)
        x = x + case.linear(layer + "self_attn.o_proj", attend(rotate(q, head, frequencies), rotate(k, head, frequencies), v, head, visible))
        h = case.rms_norm(layer + "post_attention_layernorm", x, eps)
        gate, up = case.linear(layer + "mlp.gate_proj", h), case.linear(layer + "mlp.up_proj", h)
        x = x + case.linear(layer + "mlp.down_proj", activation("silu", gate) * up)
    x = case.rms_norm("model.norm", x, eps)
    logits = x @ case.weights["model.embed_tokens.weight"].T if config["tie_word_embeddings"] else case.linear("lm_head", x)
    case.save(logits, cross_entropy(logits, targets), {"tokens": tokens, "targets": targets})


def gpt2(name, seed, **changes):
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 21, "n_positions": 16, "n_ctx": 16, "n_embd": 12, "n_layer": 2,
              "n_head": 3, "n_inner": None, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "attn_pdrop": 0.1, "embd_pdrop": 0.1,
              "resid_pdrop": 0.1, "bos_token_id": 20, "eos_token_id": 20, **changes}
    case = Case(name, config, seed)
    width, eps = config["n_embd"], config["layer_norm_epsilon"]
    inner = config["n_inner"] or 4 * width
    case.add_table("transformer.wte", config["vocab_size"], width)
    case.add_table("transformer.wpe", config["n_positions"], width)
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}."
        case.add_norm(layer + "ln_1", width, True)
        case.add_linear(layer + "attn.c_attn", width, 3 * width, True, conv1d=True)
        case.add_linear(layer + "attn.c_proj", width, width, True, conv1d=True)
        case.add_norm(layer + "ln_2", width, True)
        case.add_linear(layer + "mlp.c_fc", width, inner, True, conv1d=True)
        case.add_linear(layer + "mlp.c_proj", inner, width, True, conv1d=True)
    case.add_norm("transformer.ln_f", width, True)

    tokens, targets = tokens_for(case, 2, 10)
    length = tokens.shape[1]
    visible = torch.ones(length, length, dtype=torch.bool).tril()
    x = case.rows("transformer.wte", tokens) + case.rows("transformer.wpe", torch.arange(length))
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}."
        q, k, v = case.linear(layer + "attn.c_attn", case.layer_norm(layer + "ln_1", x, eps), conv1d=True).split(width, -1)
        x = x + case.linear(layer + "attn.c_proj", attend(q, k, v, width // config["n_head"], visible), conv1d=True)
        h = case.linear(layer + "mlp.c_fc", case.layer_norm(layer + "ln_2", x, eps), conv1d=True)
        x = x + case.linear(layer + "mlp.c_proj", activation(config["activation_function"], h), conv1d=True)
    logits = case.layer_norm("transformer.ln_f", x, eps) @ case.weights["transformer.wte.weight"].T
    case.save(logits, cross_entropy(logits, targets), {"tokens": tokens, "targets": targets})


def padded(case, rows, length, padding, first):
    """Rows of which the later ones end in padding; real tokens are never the padding's."""
    tokens = torch.randint(padding + 1, case.config["vocab_size"], (rows, length), generator=case.generator)
    mask = torch.ones(rows, length, dtype=torch.int64)
    for row in range(1, rows):
        mask[row, length - 2 * row:] = 0
    tokens[mask == 0] = padding
    tokens[:, 0] = first
    return tokens, mask


def bert(name, seed, **changes):
    is_roberta = changes.get("model_type") == "roberta"
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 23, "hidden_size": 12, "intermediate_size": 20,
              "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, "pad_token_id": 0, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
              "id2label": {"0": "no", "1": "maybe", "2": "yes"}, "label2id": {"no": 0, "maybe": 1, "yes": 2}, **changes}
    case = Case(name, config, seed)
    width, eps, heads = config["hidden_size"], config["layer_norm_eps"], config["num_attention_heads"]
    body = config["model_type"] + "."
    case.add_table(body + "embeddings.word_embeddings", config["vocab_size"], width)
    case.add_table(body + "embeddings.position_embeddings", config["max_position_embeddings"], width)
    case.add_table(body + "embeddings.token_type_embeddings", config["type_vocab_size"], width)
    case.add_norm(body + "embeddings.LayerNorm", width, True)
    for i in range(config["num_hidden_layers"]):
        layer = f"{body}encoder.layer.{i}."
        for part in ("query", "key", "value"):
            case.add_linear(layer + "attention.self." + part, width, width, True)
        case.add_linear(layer + "attention.output.dense", width, width, True)
        case.add_norm(layer + "attention.output.LayerNorm", width, True)
        case.add_linear(layer + "intermediate.dense", width, config["intermediate_size"], True)
        case.add_linear(layer + "output.dense", config["intermediate_size"], width, True)
        case.add_norm(layer + "output.LayerNorm", width, True)
    if is_roberta:
        case.add_linear("classifier.dense", width, width, True, adapted=False)
        case.add_linear("classifier.out_proj", width, 3, True, adapted=False)
    else:
        case.add_linear(body + "pooler.dense", width, width, True)
        case.add_linear("classifier", width, 3, True, adapted=False)

    padding = config["pad_token_id"]
    tokens, mask = padded(case, 3, 8, padding, padding + 2)
    kinds = torch.zeros_like(tokens)
    if is_roberta:
        is_token = (tokens != padding).long()
        positions = is_token.cumsum(1) * is_token + padding
    else:
        kinds[:, 4:] = 1
        positions = torch.arange(8)
    classes = torch.tensor([2, 0, 1])
    visible = (mask == 1)[:, None, None, :]
    x = case.rows(body + "embeddings.word_embeddings", tokens) + case.rows(body + "embeddings.position_embeddings", positions)
    x = case.layer_norm(body + "embeddings.LayerNorm", x + case.rows(body + "embeddings.token_type_embeddings", kinds), eps)
    for i in range(config["num_hidden_layers"]):
        layer = f"{body}encoder.layer.{i}."
        q, k, v = (case.linear(layer + "attention.self." + part, x) for part in ("query", "key", "value"))
        y = case.linear(layer + "attention.output.dense", attend(q, k, v, width // heads, visible))
        x = case.layer_norm(layer + "attention.output.LayerNorm", y + x, eps)
        y = case.linear(layer + "output.dense", activation(config["hidden_act"], case.linear(layer + "intermediate.dense", x)))
        x = case.layer_norm(layer + "output.LayerNorm", y + x, eps)
    first = x[:, 0]
    if is_roberta:
        logits = case.linear("classifier.out_proj", torch.tanh(case.linear("classifier.dense", first)))
    else:
        logits = case.linear("classifier", torch.tanh(case.linear(body + "pooler.dense", first)))
    case.save(logits, cross_entropy(logits, classes), {"tokens": tokens, "mask": mask, "types": kinds, "classes": classes})


def distilbert(name, seed):
    config = {"architectures": ["DistilBertForSequenceClassification"], "model_type": "distilbert", "vocab_size": 23, "dim": 12, "hidden_dim": 20,
              "n_layers": 2, "n_heads": 3, "max_position_embeddings": 16, "activation": "gelu", "pad_token_id": 0, "sinusoidal_pos_embds": False,
              "dropout": 0.1, "attention_dropout": 0.1, "seq_classif_dropout": 0.2}
    case = Case(name, config, seed)
    width, eps = config["dim"], 1e-12
    case.add_table("distilbert.embeddings.word_embeddings", config["vocab_size"], width)
    case.add_table("distilbert.embeddings.position_embeddings", config["max_position_embeddings"], width)
    case.add_norm("distilbert.embeddings.LayerNorm", width, True)
    for i in range(config["n_layers"]):
        layer = f"distilbert.transformer.layer.{i}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            case.add_linear(layer + "attention." + part, width, width, True)
        case.add_norm(layer + "sa_layer_norm", width, True)
        case.add_linear(layer + "ffn.lin1", width, config["hidden_dim"], True)
        case.add_linear(layer + "ffn.lin2", config["hidden_dim"], width, True)
        case.add_norm(layer + "output_layer_norm", width, True)
    case.add_linear("pre_classifier", width, width, True, adapted=False)
    case.add_linear("classifier", width, 2, True, adapted=False)

    tokens, mask = padded(case, 3, 8, 0, 2)
    classes = torch.tensor([1, 0, 1])
    visible = (mask == 1)[:, None, None, :]
    x = case.rows("distilbert.embeddings.word_embeddings", tokens) + case.rows("distilbert.embeddings.position_embeddings", torch.arange(8))
    x = case.layer_norm("distilbert.embeddings.LayerNorm", x, eps)
    for i in range(config["n_layers"]):
        layer = f"distilbert.transformer.layer.{i}."
        q, k, v = (case.linear(layer + "attention." + part, x) for part in ("q_lin", "k_lin", "v_lin"))
        y = case.linear(layer + "attention.out_lin", attend(q, k, v, width // config["n_heads"], visible))
        x = case.layer_norm(layer + "sa_layer_norm", y + x, eps)
        y = case.linear(layer + "ffn.lin2", activation("gelu", case.linear(layer + "ffn.lin1", x)))
        x = case.layer_norm(layer + "output_layer_norm", y + x, eps)
    logits = case.linear("classifier", activation("relu", case.linear("pre_classifier", x[:, 0])))
    case.save(logits, cross_entropy(logits, classes), {"tokens": tokens, "mask": mask, "classes": classes})


def mlp(name, seed):
    config = {"model_type": "mlp", "sizes": [7, 9, 6, 4], "hidden_act": "gelu"}
    case = Case(name, config, seed)
    sizes = config["sizes"]
    for i in range(3):
        case.add_linear(f"layers.{i}", sizes[i], sizes[i + 1], True)
    inputs = torch.randn(5, 7, generator=case.generator).double()
    classes = torch.tensor([3, 0, 1, 1, 2])
    x = inputs
    for i in range(3):
        x = case.linear(f"layers.{i}", x if i == 0 else activation("gelu", x))
    case.save(x, cross_entropy(x, classes), {"inputs": inputs, "classes": classes})


if __name__ == "__main__":
    llama("llama3-scaled", 1, rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                            "original_max_position_embeddings": 64}, head_dim=8)
    llama("linear-scaled", 2, rope_scaling={"type": "linear", "factor": 2.5}, attention_bias=True, tie_word_embeddings=True)
    llama("mistral", 3, stored=torch.bfloat16, model_type="mistral", architectures=["MistralForCausalLM"], sliding_window=12)
    llama("qwen2", 4, model_type="qwen2", architectures=["Qwen2ForCausalLM"], tie_word_embeddings=True, use_sliding_window=False, sliding_window=4)
    llama("qwen3", 5, model_type="qwen3", architectures=["Qwen3ForCausalLM"], head_dim=6, tie_word_embeddings=True)
    gpt2("gpt2", 6)
    gpt2("gpt2-relu", 7, activation_function="relu", n_inner=10)
    bert("bert", 8)
    bert("roberta", 9, model_type="roberta", architectures=["RobertaForSequenceClassification"], type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1)
    distilbert("distilbert", 10)
    mlp("mlp", 11)
