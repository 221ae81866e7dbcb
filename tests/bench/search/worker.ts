// A worker: one contender, or the generator that feeds the others. The page calls its methods by message.

import { openOrama } from "./contenders/orama.ts";
import { openOurs } from "./contenders/ours.ts";
import { openScan } from "./contenders/scan.ts";
import { openSqlite } from "./contenders/sqlite.ts";
import { type Generator, openGenerator } from "./module.ts";
import { type Chunk, type Contender, DIMS, LIMIT, type Name, type Question } from "./work.ts";

/** Between two questions while pages come in: somebody types. */
const PAUSE_MS = 20;
/** An engine may work so long between two questions that are not asked while pages come in, ms. */
const THINKING_MS = 100;

let contender: Contender | undefined;
let generator: Generator | undefined;

/** What the page calls; times are in milliseconds and leave out the way between page and worker. */
const methods = {
  /** Opens a contender on what is on disk. */
  async open(name: Name, room: number): Promise<number> {
    const start = performance.now();
    contender = await opened(name, room);
    return performance.now() - start;
  },

  async insert(chunk: Chunk): Promise<number> {
    await needContender().prepare?.(chunk);
    const start = performance.now();
    await needContender().insert(chunk);
    return performance.now() - start;
  },

  async finish(): Promise<number> {
    const start = performance.now();
    await needContender().finish();
    return performance.now() - start;
  },

  /** Asks one question after the other. */
  async ask(questions: Question[]): Promise<number[]> {
    const times: number[] = [];
    for (const question of questions) {
      const start = performance.now();
      await needContender().query(question, LIMIT);
      times.push(performance.now() - start);
      await pause();
    }
    return times;
  },

  /**
   * The same while pages come in, each as long as the one before is done. A question waits for what is under way when
   * it is asked, and that counts.
   */
  async askWhileInserting(
    questions: Question[],
    chunks: Chunk[],
  ): Promise<{ times: number[]; pages: number }> {
    const { prepare, insert, maintain, query } = needContender();
    let asking = true;
    let pages = 0;
    const inserting = (async () => {
      for (const chunk of chunks) {
        if (!asking) break;
        await prepare?.(chunk);
        await turn();
        await insert(chunk);
        await maintain?.();
        pages += chunk.count;
        await turn();
      }
    })();
    const times: number[] = [];
    try {
      for (const question of questions) {
        const start = performance.now();
        await turn();
        await query(question, LIMIT);
        times.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } finally {
      asking = false;
      await inserting;
    }
    return { times, pages };
  },

  /** The nearest pages; `null` from a contender that compares exactly. */
  async nearest(vectors: Float32Array, limit: number): Promise<number[][] | null> {
    const { nearest } = needContender();
    if (nearest === undefined) return null;
    const all: number[][] = [];
    for (let at = 0; at < vectors.length; at += DIMS)
      all.push(await nearest(vectors.slice(at, at + DIMS), limit));
    return all;
  },

  async chunk(from: number, count: number): Promise<Chunk> {
    generator ??= await openGenerator();
    const documents = JSON.parse(generator.documents(from, count));
    return { from, count, documents, vectors: generator.vectors(from, count) };
  },

  /** What exact search over the first `pages` pages finds for each of these vectors. */
  async exact(vectors: Float32Array, pages: number, limit: number): Promise<number[][]> {
    generator ??= await openGenerator();
    const found = Array.from(generator.exact(pages, vectors, limit));
    const each = Math.min(limit, pages);
    return Array.from({ length: vectors.length / DIMS }, (_, n) => found.slice(n * each, (n + 1) * each));
  },
};

export type Methods = typeof methods;

function opened(name: Name, room: number): Promise<Contender> {
  switch (name) {
    case "ours":
      return openOurs();
    case "scan-wasm":
      return openScan("wasm", room);
    case "scan-js":
      return openScan("js", room);
    case "orama":
      return openOrama();
    case "sqlite":
      return openSqlite();
  }
}

function needContender(): Contender {
  if (contender === undefined) throw new Error("no contender is open");
  return contender;
}

/** What an engine does between two questions: a person thinks longer than this. */
async function pause(): Promise<void> {
  const end = performance.now() + THINKING_MS;
  await turn();
  while (performance.now() < end && (await needContender().maintain?.()) === true) await turn();
}

/** Lets everything else that waits have its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}

/** The scope of a worker; the project's types are those of pages. */
const scope = globalThis as unknown as Worker;
scope.onmessage = async ({ data: { id, method, args } }) => {
  try {
    const call = methods[method as keyof Methods] as (...args: unknown[]) => Promise<unknown>;
    scope.postMessage({ id, value: await call(...args) });
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
