// The product's index over the product's database; it makes its pages on its own side of the border.

import { type BenchIndex, type Generator, openGenerator, searchModule } from "../module.ts";
import type { Contender, Question } from "../work.ts";

/** Of the recall: every page is a hit. */
const ANY_COSINE = -1;

export async function openOurs(): Promise<Contender> {
  const { BenchIndex } = await searchModule();
  const index: BenchIndex = await BenchIndex.open("bench-search");
  let generator: Generator | undefined;
  return {
    async prepare({ from, count }) {
      generator ??= await openGenerator();
      index.prepare(generator, from, count);
    },
    insert: () => index.insert(),
    async finish() {
      while (await index.maintain());
    },
    maintain: () => index.maintain(),
    async query(question, limit) {
      return Array.from(await index.query(typed(question), question.vector, undefined, limit));
    },
    async nearest(vector, limit) {
      return Array.from(await index.query("", vector, ANY_COSINE, limit));
    },
  };
}

/** The question as somebody would type it. */
function typed({ text, site, after }: Question): string {
  const day = after === undefined ? "" : ` after:${new Date(after).toISOString().slice(0, 10)}`;
  return `${text}${site === undefined ? "" : ` site:${site}`}${day}`;
}
