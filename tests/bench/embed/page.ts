// The page: opens contenders and times them, as the benchmark in Node says (host.ts).

import type { Contender } from "./contender.ts";
import { type BenchEncoder, openFlex, openGpu, openInt8 } from "./ours.ts";
import { openOrt, openTransformers } from "./peers.ts";
import type { Name, Work } from "./work.ts";

type Run = () => Promise<Float32Array>;

const OPEN: Record<Name, () => Promise<Contender>> = {
  "int8-relaxed": () => openInt8("relaxed"),
  "int8-plain": () => openInt8("plain"),
  "flex-f32": async () => {
    const flex = await openFlex();
    tools = flex.tools;
    return flex;
  },
  "ort-f32": () => openOrt("wasm", "model"),
  "ort-q8": () => openOrt("wasm", "model_quantized"),
  "transformers-q8": openTransformers,
  gpu: openGpu,
  "ort-webgpu": () => openOrt("webgpu", "model"),
};

const opened = new Map<Name, Contender>();
/** The tokenizer and the hash come with the encoder that is always there. */
let tools: BenchEncoder | undefined;
let runs = new Map<Name, Run>();

/** What Node calls. */
const bench = {
  /** Loads a contender's model; gives why it cannot, where it cannot. */
  async open(name: Name): Promise<string | null> {
    try {
      opened.set(name, await OPEN[name]());
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },

  tokenize(texts: string[]): number[][] {
    return texts.map((text) => Array.from(needTools().tokenize(text)));
  },

  /** Readies the inputs of these contenders and runs each, so that its code is compiled and its memory there. */
  async prepare(names: Name[], work: Work, warmUp: { runs: number; ms: number }): Promise<void> {
    runs = new Map();
    for (const name of names) {
      const run = need(name).prepare(work);
      runs.set(name, run);
      const end = performance.now() + warmUp.ms;
      for (let n = 0; n < warmUp.runs || performance.now() < end; n += 1) await run();
    }
  },

  /** One run of each contender, in this order: milliseconds. */
  async round(names: Name[]): Promise<number[]> {
    const times: number[] = [];
    for (const name of names) {
      const run = runs.get(name);
      if (run === undefined) throw new Error(`${name} is not prepared`);
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    return times;
  },

  /** The vectors of all sequences, as base64 of little-endian f32. */
  async vectors(name: Name, work: Work): Promise<string> {
    const values = await need(name).prepare(work)();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  },

  /** The time to hash all these texts, in milliseconds. */
  hash(texts: string[]): number {
    const start = performance.now();
    for (const text of texts) needTools().hash(text);
    return performance.now() - start;
  },
};

function need(name: Name): Contender {
  const contender = opened.get(name);
  if (contender === undefined) throw new Error(`${name} is not open`);
  return contender;
}

function needTools(): BenchEncoder {
  if (tools === undefined) throw new Error("flex-f32 is not open: it brings the tokenizer");
  return tools;
}

export type Bench = typeof bench;
(globalThis as { bench?: Bench }).bench = bench;
