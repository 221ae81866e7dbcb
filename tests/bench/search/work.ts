// What is put in and what is asked: agreed between the benchmark (Node), its page and the page's workers.

/** Dimensions of every vector here. */
export const DIMS = 384;
/** Passages of a page, the title's included, as the generator makes them. */
export const PASSAGES = 10;
/** Pages that are asked for. */
export const LIMIT = 10;
/** Passages that a contender which knows no pages looks at: enough for `LIMIT` pages. */
export const PASSAGES_LOOKED_AT = 50;
/** A passage with a lower cosine is no answer: the model's own threshold (models/catalogue.toml). */
export const MIN_COSINE = 0.43;

export const KINDS = ["one word", "three words", "question", "filtered"] as const;
export type Kind = (typeof KINDS)[number];

/** Who takes part; "ours-dedicated" is the product in a worker of the page, as the others are. */
export const NAMES = ["ours", "ours-dedicated", "scan-wasm", "scan-js", "orama", "sqlite"] as const;
export type Name = (typeof NAMES)[number];

export function isOurs(name: Name): boolean {
  return name === "ours" || name === "ours-dedicated";
}

/** Who runs in a service worker. */
export function inService(name: Name): boolean {
  return name === "ours";
}

/** One question, as JSON; its vector lies beside it. */
export interface Asked {
  readonly kind: Kind;
  /** Without filters. */
  readonly text: string;
  /** A host name. */
  readonly site?: string;
  /** Seen then or later, ms since the epoch; the first moment of a day. */
  readonly after?: number;
}

/** A question with its vector, of length 1. */
export interface Question extends Asked {
  readonly vector: Float32Array;
}

/** One passage. */
export interface Document {
  /** The page's number. */
  readonly page: number;
  readonly host: string;
  readonly url: string;
  readonly title: string;
  readonly seenAt: number;
  readonly text: string;
}

/** Some pages, every passage of them in order. */
export interface Chunk {
  /** The number of the first page. */
  readonly from: number;
  /** How many pages. */
  readonly count: number;
  /** Empty for a contender that makes them itself. */
  readonly documents: readonly Document[];
  /** One vector after the other; empty like `documents`. */
  readonly vectors: Float32Array;
}

/** The same figures of real and of generated passages (background/src/bench_search/likeness.rs). */
export interface Likeness {
  readonly real: Figures;
  readonly generated: Figures;
}

interface Figures {
  readonly passages: number;
  readonly words: number;
  readonly vocabulary: number;
  readonly strangers: number;
  readonly deviation: number;
  readonly neighbours: number;
  readonly nearest: readonly [number, number];
}

/** An engine in a worker of its own. */
export interface Contender {
  /** Makes ready what is not to be measured: data that it makes itself. */
  prepare?(chunk: Chunk): Promise<void>;
  /** Takes pages, for good where it can. */
  insert(chunk: Chunk): Promise<void>;
  /** All is in: what is left to do so that the next worker can open it. */
  finish(): Promise<void>;
  /** One step of work in its own time, while questions come; `false` if there is none. */
  maintain?(): Promise<boolean>;
  /** The numbers of the best pages, best first. */
  query(question: Question, limit: number): Promise<number[]>;
  /** The pages with the nearest passages, whatever their words: where that is not exact. */
  nearest?(vector: Float32Array, limit: number): Promise<number[]>;
}

/** The first `limit` different pages among passages that are in order. */
export function pagesOf(passages: Iterable<number>, limit: number): number[] {
  const pages = new Set<number>();
  for (const passage of passages) {
    if (pages.size === limit) break;
    pages.add(Math.floor(passage / PASSAGES));
  }
  return [...pages];
}
