// The plainest engine: every vector in memory in f32, each compared with every question. It knows no words, so it
// does less than the others; what it is there for is the cost of the vectors alone.

import { searchModule } from "../module.ts";
import { type Contender, DIMS, PASSAGES, PASSAGES_LOOKED_AT, pagesOf, type Question } from "../work.ts";
import { Rows } from "./rows.ts";

/** What is kept of a chunk. */
interface Row {
  readonly vectors: Float32Array;
  /** Of every page. */
  readonly hosts: readonly string[];
  readonly seenAt: readonly number[];
}

/** Compares all vectors with one. */
interface Scanner {
  add(vectors: Float32Array): void;
  /** The numbers of the nearest, nearest first, of those that `allowed` has a 1 for; all if it is empty. */
  search(query: Float32Array, allowed: Uint8Array, limit: number): Iterable<number>;
}

/** In JavaScript, or in WASM with SIMD. */
export async function openScan(language: "js" | "wasm", room: number): Promise<Contender> {
  const scanner: Scanner =
    language === "js" ? new PlainScan() : new (await searchModule()).Scan(DIMS, room * PASSAGES);
  const hosts: string[] = [];
  const seenAt: number[] = [];
  const add = (row: Row) => {
    scanner.add(row.vectors);
    hosts.push(...row.hosts);
    seenAt.push(...row.seenAt);
  };
  const rows = await Rows.open("scan");
  let kept = 0;
  for await (const row of rows.all<Row>()) {
    add(row);
    kept += 1;
  }
  const allowed = ({ site, after }: Question) => {
    if (site === undefined && after === undefined) return new Uint8Array();
    const mask = new Uint8Array(hosts.length * PASSAGES);
    hosts.forEach((host, page) => {
      const accepted =
        (site === undefined || host === site) && (after === undefined || (seenAt[page] ?? 0) >= after);
      if (accepted) mask.fill(1, page * PASSAGES, (page + 1) * PASSAGES);
    });
    return mask;
  };
  return {
    async insert({ documents, vectors }) {
      const first = documents.filter((_, n) => n % PASSAGES === 0);
      const row = {
        vectors,
        hosts: first.map(({ host }) => host),
        seenAt: first.map((document) => document.seenAt),
      };
      await rows.put(kept, row);
      kept += 1;
      add(row);
    },
    async finish() {},
    async query(question, limit) {
      const found = scanner.search(question.vector, allowed(question), PASSAGES_LOOKED_AT);
      return pagesOf(found, limit);
    },
  };
}

class PlainScan implements Scanner {
  readonly #chunks: Float32Array[] = [];

  add(vectors: Float32Array): void {
    this.#chunks.push(vectors);
  }

  search(query: Float32Array, allowed: Uint8Array, limit: number): number[] {
    const best: { score: number; number: number }[] = [];
    let number = -1;
    for (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length; at += DIMS) {
        number += 1;
        if (allowed.length > 0 && allowed[number] !== 1) continue;
        const score = dot(chunk, at, query);
        const worst = best[limit - 1];
        if (worst !== undefined && worst.score >= score) continue;
        const place = best.findIndex((other) => other.score < score);
        best.splice(place < 0 ? best.length : place, 0, { score, number });
        best.length = Math.min(best.length, limit);
      }
    }
    return best.map((one) => one.number);
  }
}

/** In four sums: the processor need not wait for one addition before it begins the next. */
function dot(chunk: Float32Array, at: number, query: Float32Array): number {
  let [a, b, c, e] = [0, 0, 0, 0];
  for (let d = 0; d < DIMS; d += 4) {
    a += (chunk[at + d] as number) * (query[d] as number);
    b += (chunk[at + d + 1] as number) * (query[d + 1] as number);
    c += (chunk[at + d + 2] as number) * (query[d + 2] as number);
    e += (chunk[at + d + 3] as number) * (query[d + 3] as number);
  }
  return a + b + c + e;
}
