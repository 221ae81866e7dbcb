// What a worker of either kind does for the page, which calls these methods by message (remote.ts): it runs one contender,
// or the generator that feeds the others.

import { type Generator, moduleBytes, openGenerator } from "./module.ts";
import { type Chunk, type Contender, DIMS, LIMIT, type Name, type Question } from "./work.ts";

/** Between two questions while pages come in: somebody types. */
const PAUSE_MS = 20;
/** An engine may work so long between two questions that are not asked while pages come in, ms. */
const THINKING_MS = 100;

/** Opens a contender on what is on disk, with room for so many pages. */
export type Opener = (name: Name, room: number) => Promise<Contender>;

/** The page's message. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** … and what it is answered. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

let contender: Contender | undefined;
let generator: Generator | undefined;

/** What the page calls; times are in milliseconds and leave out the way between page and worker. */
export function methodsOf(open: Opener) {
  return {
    /** Opens a contender on what is on disk. */
    async open(name: Name, room: number): Promise<number> {
      if (contender !== undefined) throw new Error("this worker is not a fresh one");
      const start = performance.now();
      contender = await open(name, room);
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

    /** Bytes of the WASM module's memory, which never shrinks. */
    async wasmBytes(): Promise<number> {
      return moduleBytes();
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
}

export type Methods = ReturnType<typeof methodsOf>;

/** Does what a message says. */
export async function answer(methods: Methods, { id, method, args }: Call): Promise<Answer> {
  try {
    const call = methods[method as keyof Methods] as (...args: readonly unknown[]) => Promise<unknown>;
    return { id, value: await call(...args) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
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
