// In the browser: the module of background/src/bench_search.rs, and the seed corpus.

import { bytes, load, text } from "../embed/contender.ts";

export interface SearchModule {
  default(options: { module_or_path: string }): Promise<{ memory: WebAssembly.Memory }>;
  SeedMaker: { open(weights: Uint8Array, tokenizer: string): SeedMaker };
  Generator: new (seeds: string, vectors: Float32Array, seed: number) => Generator;
  BenchIndex: { open(name: string): Promise<BenchIndex> };
  Scan: new (dims: number, room: number) => Scan;
}

export interface SeedMaker {
  split(text: string): string[];
  encode(text: string): Promise<Float32Array>;
}

export interface Generator {
  documents(from: number, count: number): string;
  vectors(from: number, count: number): Float32Array;
  vocabulary(): string[];
  site(rank: number): string;
  now(): number;
  exact(pages: number, questions: Float32Array, limit: number): Uint32Array;
  likeness(): string;
}

export interface BenchIndex {
  prepare(generator: Generator, from: number, count: number): void;
  insert(): Promise<void>;
  maintain(): Promise<boolean>;
  query(
    text: string,
    vector: Float32Array,
    minCosine: number | undefined,
    limit: number,
  ): Promise<Uint32Array>;
  passages(): number;
}

export interface Scan {
  add(vectors: Float32Array): void;
  search(query: Float32Array, allowed: Uint8Array, limit: number): Uint32Array;
}

const FOLDER = "/wasm/bench-search";
/** Another one makes another corpus. */
const SEED = 1;

let glue: SearchModule | undefined;
let started: Promise<SearchModule> | undefined;
let memory: WebAssembly.Memory | undefined;

/** For who may not import it when it is wanted. */
export function useGlue(imported: SearchModule): void {
  glue = imported;
}

/** The module, started once a worker. */
export function searchModule(): Promise<SearchModule> {
  started ??= start();
  return started;
}

async function start(): Promise<SearchModule> {
  const module = glue ?? (await load<SearchModule>(`${FOLDER}/bench_search.js`));
  ({ memory } = await module.default({ module_or_path: `${FOLDER}/bench_search_bg.wasm` }));
  return module;
}

/** Bytes of its memory; 0 if it was never wanted. */
export function moduleBytes(): number {
  return memory?.buffer.byteLength ?? 0;
}

/** Opens the model. */
export async function openSeedMaker(): Promise<SeedMaker> {
  const { SeedMaker } = await searchModule();
  return SeedMaker.open(await bytes("/model/weights.safetensors"), await text("/model/tokenizer.json"));
}

/** Opens the generator on the seed corpus. */
export async function openGenerator(): Promise<Generator> {
  const { Generator } = await searchModule();
  const { buffer } = await bytes("/seeds/vectors.f32");
  return new Generator(await text("/seeds/documents.json"), new Float32Array(buffer as ArrayBuffer), SEED);
}
