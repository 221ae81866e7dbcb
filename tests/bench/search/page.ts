// The page: starts workers and hands on what the benchmark in Node says (host.ts).

import { bytes } from "../embed/contender.ts";
import { openGenerator, openSeedMaker, type SeedMaker } from "./module.ts";
import { Dedicated, type Remote, Service } from "./remote.ts";
import {
  type Asked,
  type Chunk,
  DIMS,
  inService,
  isOurs,
  type Likeness,
  type Name,
  type Question,
} from "./work.ts";

const CONTENDER = "/worker.js?contender";
const FEEDER = "/worker.js?feeder";
const SERVICE = "/service-worker.js";

let seedMaker: SeedMaker | undefined;
let questions: Question[] = [];
let feeder: Remote | undefined;
let contender: Remote | undefined;

/** What Node calls. */
const bench = {
  /** The passages that the product makes of each text. */
  async split(texts: string[]): Promise<string[][]> {
    seedMaker ??= await openSeedMaker();
    const maker = seedMaker;
    return texts.map((text) => maker.split(text));
  },

  /** The vectors of texts, one after the other, as base64. */
  async encode(texts: string[]): Promise<string> {
    seedMaker ??= await openSeedMaker();
    const all = new Float32Array(texts.length * DIMS);
    for (const [n, text] of texts.entries()) all.set(await seedMaker.encode(text), n * DIMS);
    return base64(new Uint8Array(all.buffer));
  },

  /** What the questions are made of besides: the vocabulary, most frequent first, some sites, and today. */
  async facts(
    ranks: number[],
  ): Promise<{ vocabulary: string[]; sites: string[]; now: number; likeness: Likeness }> {
    const generator = await openGenerator();
    const sites = ranks.map((rank) => generator.site(rank));
    const likeness: Likeness = JSON.parse(generator.likeness());
    return { vocabulary: generator.vocabulary(), sites, now: generator.now(), likeness };
  },

  /** Reads the questions; what is asked later is named by their numbers. */
  async questions(asked: Asked[]): Promise<void> {
    const { buffer } = await bytes("/seeds/questions.f32");
    const vectors = new Float32Array(buffer as ArrayBuffer);
    questions = asked.map((one, n) => ({ ...one, vector: vectors.slice(n * DIMS, (n + 1) * DIMS) }));
  },

  /**
   * A fresh worker with this contender on what is on disk; milliseconds with and without the worker's start. A service
   * worker must have been ended before.
   */
  async open(name: Name, room: number): Promise<{ started: number; opened: number }> {
    contender?.stop();
    const start = performance.now();
    contender = inService(name) ? await Service.at(SERVICE) : new Dedicated(CONTENDER);
    const opened = await contender.call("open", name, room);
    return { started: performance.now() - start, opened };
  },

  /** Inserts pages; milliseconds of that alone. */
  async insert(name: Name, from: number, count: number): Promise<number> {
    return needContender().call("insert", await chunk(name, from, count));
  },

  finish(): Promise<number> {
    return needContender().call("finish");
  },

  ask(numbers: number[]): Promise<number[]> {
    return needContender().call("ask", pick(numbers));
  },

  async askWhileInserting(name: Name, numbers: number[], from: number, count: number) {
    const chunks: Chunk[] = [];
    for (let n = 0; n < count; n += 1) chunks.push(await chunk(name, from + n, 1));
    return needContender().call("askWhileInserting", pick(numbers), chunks);
  },

  nearest(numbers: number[], limit: number): Promise<number[][] | null> {
    return needContender().call("nearest", vectors(numbers), limit);
  },

  exact(numbers: number[], pages: number, limit: number): Promise<number[][]> {
    feeder ??= new Dedicated(FEEDER);
    return feeder.call("exact", vectors(numbers), pages, limit);
  },

  /** Ends the workers of the page, and the way to the service worker. */
  stop(): void {
    feeder?.stop();
    contender?.stop();
    feeder = undefined;
    contender = undefined;
  },

  /** Bytes on disk, without the browser's copy of a service worker's script. */
  async disk(): Promise<number> {
    const { usage, usageDetails }: Estimate = await navigator.storage.estimate();
    return (usage ?? Number.NaN) - (usageDetails?.serviceWorkerRegistrations ?? 0);
  },

  wasmBytes(): Promise<number> {
    return needContender().call("wasmBytes");
  },

  /** Bytes in the memory of the contender's worker, after a garbage collection. Knows no service workers. */
  async memory(): Promise<number> {
    const measure = performance as unknown as { measureUserAgentSpecificMemory(): Promise<MemoryReport> };
    const { breakdown } = await measure.measureUserAgentSpecificMemory();
    const ours = breakdown.filter(({ attribution }) =>
      attribution.some(({ url }) => url.endsWith(CONTENDER)),
    );
    return ours.reduce((sum, part) => sum + part.bytes, 0);
  },
};

export type Bench = typeof bench;
(globalThis as { bench?: Bench }).bench = bench;

/** Chromium's, of which the standard has a part. */
interface Estimate extends StorageEstimate {
  usageDetails?: { serviceWorkerRegistrations?: number };
}

interface MemoryReport {
  breakdown: { bytes: number; attribution: { url: string }[] }[];
}

/** Ours makes its pages itself. */
async function chunk(name: Name, from: number, count: number): Promise<Chunk> {
  if (isOurs(name)) return { from, count, documents: [], vectors: new Float32Array() };
  feeder ??= new Dedicated(FEEDER);
  return feeder.call("chunk", from, count);
}

function pick(numbers: number[]): Question[] {
  return numbers.flatMap((n) => questions[n] ?? []);
}

function vectors(numbers: number[]): Float32Array {
  const all = new Float32Array(numbers.length * DIMS);
  pick(numbers).forEach(({ vector }, n) => {
    all.set(vector, n * DIMS);
  });
  return all;
}

function needContender(): Remote {
  if (contender === undefined) throw new Error("no contender is open");
  return contender;
}

function base64(all: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < all.length; at += 0x8000)
    binary += String.fromCharCode(...all.subarray(at, at + 0x8000));
  return btoa(binary);
}
