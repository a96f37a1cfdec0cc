#!/usr/bin/env python3
"""Writes the tokenizers of this folder: small ones of every kind that is read, trained here on a few sentences, and for SentencePiece's own files the
vectors too. make_vectors.mjs writes the vectors of the others.

Needs sentencepiece (Debian's python3-sentencepiece):  python3 make_tokenizers.py && node make_vectors.mjs
"""

import collections
import io
import json
import os

import sentencepiece

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = """The river runs past the mill, and the miller's daughter counts the boats. There were 12 boats in 1984; there are 2048 now.
They don't stop here any more, she'll say, and we've heard it before. "Where do they go?" asked the child. Nobody knows, nobody asks.
Über den Fluß führt eine Brücke. Das Café am Ufer öffnet um 8:30 Uhr. En été, les élèves y boivent du thé.
Река течёт мимо мельницы. 川は水車小屋のそばを流れる。 for (int i = 0; i < n; i++) { sum += values[i]; }
The boats, the boats, the river and the mill: the miller counts them all, one by one, and the daughter counts them again.
"""
TEXTS = [
    "", " ", "  ", "a", " a", "the river", "The River runs.", "the boats  and   the mill", " leading and trailing ", "tab\there\n", "\n\n\nnew lines \n \n end",
    "don't DON'T we'Ve she'll", "12 345 6789 1234567 3.14", "Über den Fluß, café, été", "U\u0308ber e\u0301te\u0301", "Река и 川は水車", "emoji 😀👨\u200d👩\u200d👧 ok",
    "letters beyond 𠮷𠮷 and 𝒜𝒷 and 𝟘𝟙𝟚𝟛", "for (int i = 0; i < n; i++) { x[i] += y; }", "\u00a0nbsp\u3000wide", "a_b-c/d\\e", "<s>[INST] hi [/INST]</s>",
    "<|begin|>the boats<|end|>", "<|end|><|end|> the", "before<|end|>after", "x<mask>y <mask> z", "supercalifragilistic", "\u2581literal", "\u0000nul\u0007bell\u200b",
    "ÀÉÎÕÜ àéîõü Ñ ñ", "漢字かなカナ한글", "hello,world!?...", "antidisestablishmentarianism" * 5, "  \n  ", "ends with space \n",
]


def bytes_to_characters():
    """GPT-2's way to write every byte as a printable character."""
    kept = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    others = [value for value in range(256) if value not in kept]
    return {**{value: chr(value) for value in kept}, **{value: chr(256 + i) for i, value in enumerate(others)}}


def train_merges(words, count):
    merges = []
    words = collections.Counter(tuple(word) for word in words)
    while len(merges) < count:
        pairs = collections.Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        merged = collections.Counter()
        for word, times in words.items():
            symbols, i = [], 0
            while i < len(word):
                if word[i:i + 2] == best:
                    symbols.append(word[i] + word[i + 1])
                    i += 2
                else:
                    symbols.append(word[i])
                    i += 1
            merged[tuple(symbols)] += times
        words = merged
    return merges


def words_of(corpus):
    words, word = [], ""
    for character in corpus:
        if character in " \n" and word:
            words.append(word)
            word = ""
        word += character
    return words + [word]


def added(id_, content, special=True, lstrip=False, rstrip=False, normalized=False):
    return {"id": id_, "content": content, "single_word": False, "lstrip": lstrip, "rstrip": rstrip, "normalized": normalized, "special": special}


def write(name, tokenizer, config):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    for file, value in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
            json.dump(value, out, ensure_ascii=False, indent=None)
            out.write("\n")


def template(before, after, ids):
    def special(token, kind):
        return {"SpecialToken": {"id": token, "type_id": kind}}

    single = [special(t, 0) for t in before] + [{"Sequence": {"id": "A", "type_id": 0}}] + [special(t, 0) for t in after]
    pair = single + [{"Sequence": {"id": "B", "type_id": 1}}] + [special(t, 1) for t in after]
    return {"type": "TemplateProcessing", "single": single, "pair": pair,
            "special_tokens": {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in {*before, *after}}}


def byte_level(name, pre_tokenizer, specials, config, normalizer=None, post=None, ignore_merges=False, extra=()):
    characters = bytes_to_characters()
    words = ["".join(characters[value] for value in word.encode()) for word in words_of(CORPUS)]
    merges = train_merges(words, 90)
    vocab = {}
    for character in sorted(characters.values()):
        vocab[character] = len(vocab)
    for left, right in merges:
        vocab.setdefault(left + right, len(vocab))
    for piece in extra:
        vocab.setdefault(piece, len(vocab))
    tokens, ids = [], {}
    for content, options in specials:
        ids[content] = len(vocab) + len(tokens)
        tokens.append(added(ids[content], content, **options))
    write(name, {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": post(ids) if post else None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
                  "byte_fallback": False, "ignore_merges": ignore_merges, "vocab": vocab, "merges": [f"{left} {right}" for left, right in merges]},
    }, config)


def split_then_bytes(pattern):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}


def sentencepiece_style(name, normalizer, pre_tokenizer, scheme):
    words = ["\u2581" + word.strip() for word in words_of(CORPUS)]
    merges = [pair for pair in train_merges(words, 90)]
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for value in range(256):
        vocab[f"<0x{value:02X}>"] = len(vocab)
    for left, right in merges:
        vocab.setdefault(left + right, len(vocab))
    for character in sorted(set("".join(words)) | {"\u2581"}):
        vocab.setdefault(character, len(vocab))
    tokens = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")] + [added(len(vocab), "[INST]"), added(len(vocab) + 1, "[/INST]")]
    write(name, {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": template(["<s>"], [], {"<s>": 1}),
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
                                                     {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
                  "byte_fallback": True, "ignore_merges": False, "vocab": vocab, "merges": [[left, right] for left, right in merges]},
    }, {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False,
        "legacy": scheme != "first", "clean_up_tokenization_spaces": False})


def word_piece(name, lowercase):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({c for c in (CORPUS.lower() if lowercase else CORPUS) if not c.isspace()} | set("abcdefghijklmnopqrstuvwxyz0123456789!?,.'\"_-/\\<>()[]{}|;:+=*"))
    pieces += letters + ["##" + c for c in letters if c.isalnum()]
    pieces += ["the", "river", "boats", "count", "##s", "##er", "mill", "don", "fluss", "uber", "cafe", "ete", "hello", "world", "anti", "##dis", "##est", "super", "##cali"]
    pieces += ["漢", "字"]
    vocab = {}
    for piece in pieces:
        vocab.setdefault(piece, len(vocab))
    write(name, {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added(i, pieces[i]) for i in range(5)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": template(["[CLS]"], ["[SEP]"], vocab),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
    }, {"tokenizer_class": "BertTokenizer", "do_lower_case": lowercase, "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
        "mask_token": "[MASK]"})


def sentencepiece_model(name, kind):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.splitlines()), model_writer=model, model_type=kind, vocab_size=360, byte_fallback=True, character_coverage=0.98,
        num_threads=1, normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2)
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "tokenizer.model"), "wb") as out:
        out.write(model.getvalue())
    if kind == "unigram":
        return  # It is there to be refused.
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    vectors = [{"text": text, "ids": [processor.bos_id(), *processor.encode(text)], "decoded": processor.decode(processor.encode(text))}
               for text in TEXTS if "\u0000" not in text]
    with open(os.path.join(folder, "vectors.json"), "w", encoding="utf-8") as out:
        json.dump(vectors, out, ensure_ascii=False, indent=0)
        out.write("\n")


if __name__ == "__main__":
    with open(os.path.join(HERE, "texts.json"), "w", encoding="utf-8") as out:
        json.dump(TEXTS, out, ensure_ascii=False, indent=0)
        out.write("\n")
    plain = {"add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    byte_level("gpt2", {"type": "ByteLevel", **plain}, [("<|end|>", {})],
               {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|end|>", "eos_token": "<|end|>", "unk_token": "<|end|>", "add_prefix_space": False})
    byte_level("roberta", {"type": "ByteLevel", **plain}, [("<s>", {}), ("<pad>", {}), ("</s>", {}), ("<mask>", {"lstrip": True})],
               {"tokenizer_class": "RobertaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>",
                "mask_token": "<mask>"},
               post=lambda ids: {"type": "RobertaProcessing", "sep": ["</s>", ids["</s>"]], "cls": ["<s>", ids["<s>"]], "trim_offsets": True, "add_prefix_space": False})
    byte_level("llama3", split_then_bytes(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
        [("<|begin|>", {}), ("<|end|>", {})], {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin|>", "eos_token": "<|end|>"},
        post=lambda ids: {"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, template(["<|begin|>"], [], ids)]},
        ignore_merges=True, extra=["supercalifragilistic", "\u0120leading"])
    byte_level("qwen2", split_then_bytes(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
        [("<|end|>", {}), ("<|begin|>", {"special": False})], {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|end|>", "pad_token": "<|end|>"},
        normalizer={"type": "NFC"})
    byte_level("smollm", {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", **plain}]},
               [("<|end|>", {})], {"tokenizer_class": "GPT2Tokenizer", "bos_token": "<|end|>", "eos_token": "<|end|>"})
    sentencepiece_style("llama2", {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
                                                                       {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]}, None, "always")
    sentencepiece_style("mistral", None, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}, "first")
    word_piece("bert-uncased", True)
    word_piece("bert-cased", False)
    sentencepiece_model("sentencepiece-bpe", "bpe")
    sentencepiece_model("sentencepiece-unigram", "unigram")
