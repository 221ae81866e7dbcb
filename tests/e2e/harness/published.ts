// A model as the hub publishes it: BERT with random weights, in the shape of bge-small or smaller, and the list of what
// may be downloaded that pins just these files.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ExtensionCopy } from "./extension-copy.ts";
import type { FakeHub } from "./hub.ts";

export const MODEL = "bge-small-en-v1.5";
export const BUNDLED = "all-MiniLM-L6-v2";
export const WEIGHTS = "model.safetensors";
export const TOKENIZER = "tokenizer.json";

interface Config {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  intermediate_size: number;
  max_position_embeddings: number;
}

interface Entry {
  id: string;
  config: Config;
  weights: File;
  tokenizer: File;
}

interface File {
  name: string;
  url: string;
  bytes: number;
  sha256: string;
}

/** What is published. */
export interface Published {
  weights: Buffer;
  tokenizer: Buffer;
}

/** Publishes a model of this shape (by default bge-small's own) on the hub, and pins it in a copy of the extension. */
export async function publish(
  copy: ExtensionCopy,
  hub: FakeHub,
  shape: Partial<Config> = {},
): Promise<Published> {
  const list = path.join(copy.folder, "models/downloads.json");
  const { models }: { models: Entry[] } = JSON.parse(await readFile(list, "utf8"));
  const entry = models.find(({ id }) => id === MODEL);
  if (entry === undefined) throw new Error(`${MODEL} is not for download`);
  Object.assign(entry.config, shape);
  // All of the family share a vocabulary.
  const tokenizer = await readFile(path.join(copy.folder, "models", BUNDLED, TOKENIZER));
  const published = { weights: weightsOf(entry.config), tokenizer };
  for (const [file, bytes] of [
    [entry.weights, published.weights],
    [entry.tokenizer, published.tokenizer],
  ] as const) {
    file.bytes = bytes.length;
    file.sha256 = createHash("sha256").update(bytes).digest("hex");
    hub.files.set(new URL(file.url).pathname, bytes);
  }
  await writeFile(list, JSON.stringify({ models }));
  return published;
}

/** A safetensors file of f32 tensors with Hugging Face's names. */
function weightsOf(config: Config): Buffer {
  const { vocab_size: words, hidden_size: hidden, intermediate_size: wide } = config;
  const shapes: [string, number[]][] = [
    ["embeddings.word_embeddings.weight", [words, hidden]],
    ["embeddings.position_embeddings.weight", [config.max_position_embeddings, hidden]],
    ["embeddings.token_type_embeddings.weight", [2, hidden]],
    ["embeddings.LayerNorm.weight", [hidden]],
    ["embeddings.LayerNorm.bias", [hidden]],
  ];
  for (let n = 0; n < config.num_hidden_layers; n += 1) {
    const layer = `encoder.layer.${n}`;
    for (const [name, rows, columns] of [
      ["attention.self.query", hidden, hidden],
      ["attention.self.key", hidden, hidden],
      ["attention.self.value", hidden, hidden],
      ["attention.output.dense", hidden, hidden],
      ["intermediate.dense", wide, hidden],
      ["output.dense", hidden, wide],
    ] as const) {
      shapes.push([`${layer}.${name}.weight`, [rows, columns]], [`${layer}.${name}.bias`, [rows]]);
    }
    for (const name of ["attention.output.LayerNorm", "output.LayerNorm"])
      shapes.push([`${layer}.${name}.weight`, [hidden]], [`${layer}.${name}.bias`, [hidden]]);
  }
  // As published files have it, and to be left out by who reads it.
  shapes.push(["pooler.dense.weight", [hidden, hidden]]);

  const header: Record<string, object> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const values = new Float32Array(end / 4);
  let state = 1;
  let at = 0;
  for (const [name, shape] of shapes) {
    const count = shape.reduce((product, size) => product * size, 1);
    const mean = name.endsWith("LayerNorm.weight") ? 1 : 0;
    for (const stop = at + count; at < stop; at += 1) {
      // xorshift: fast, and the same on every machine.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[at] = mean + (state / 2 ** 31) * 0.08;
    }
  }
  return Buffer.concat([length, padded, Buffer.from(values.buffer)]);
}
