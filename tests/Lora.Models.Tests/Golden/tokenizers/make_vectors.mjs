// Writes vectors.json beside every tokenizer.json of this folder: what Hugging Face's own tokenizer makes of the texts, with special tokens inside them
// parsed. Needs @huggingface/tokenizers from npm:  npm install @huggingface/tokenizers && node make_vectors.mjs
import { Tokenizer } from "@huggingface/tokenizers";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, here), "utf8"));
const texts = read("texts.json");
for (const name of readdirSync(here)) {
    if (!existsSync(new URL(`${name}/tokenizer.json`, here))) {
        continue;
    }

    const tokenizer = new Tokenizer(read(`${name}/tokenizer.json`), read(`${name}/tokenizer_config.json`));
    const vectors = texts.map((text) => {
        const ids = tokenizer.encode(text).ids;
        return { text, ids, decoded: ids.length === 0 ? "" : tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }) };
    });
    writeFileSync(new URL(`${name}/vectors.json`, here), `[\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]\n`);
    console.log(name, vectors.reduce((sum, vector) => sum + vector.ids.length, 0));
}
