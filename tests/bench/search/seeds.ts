// The seed corpus and the questions, with their vectors: made once by the model that ships, then kept in the cache.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { progress } from "../report/report.ts";
import { Host, MODEL, setting } from "./host.ts";
import { documents, realQuestions, type Source } from "./sources.ts";
import { type Asked, KINDS, type Kind, type Likeness } from "./work.ts";

/** Goes into the folder's name: another number, and all is made anew. */
const VERSION = 1;
/** Questions of each kind. */
export const EACH = 120;
/** Texts in one call of the page. */
const AT_ONCE = 25;
/** Passages of one document, at most: a long page is not everybody's topic. */
const LONGEST = 12;
/** Ranks of words in the vocabulary, from one to the next, that count as frequent, as usual and as rare. */
const CLASSES = [
  [30, 300],
  [300, 4000],
  [4000, Number.POSITIVE_INFINITY],
] as const;
/** Ranks of the sites that are asked for. */
const SITES = [0, 3, 10, 30, 100];
/** … and in how many last days. */
const DAYS = [7, 30, 90, 365];
const DAY_MS = 86_400_000;

/** What a run needs. */
export interface Seeds {
  readonly folder: string;
  /** `EACH` of each kind, kind by kind. */
  readonly questions: Asked[];
  readonly likeness: Likeness;
}

/** Numbers of questions of a kind. */
export function numbers(kind: Kind, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => KINDS.indexOf(kind) * EACH + ((from + n) % EACH));
}

/** Makes what is not in the cache. `limit` is how many passages the corpus is to have. */
export async function seeds(limit: number): Promise<Seeds> {
  const sources = documents();
  const asked = realQuestions(2 * EACH);
  const weights = readFileSync(path.join(MODEL, "weights.safetensors"));
  const state = createHash("sha256")
    .update(weights)
    .update(JSON.stringify([VERSION, limit, sources, asked]))
    .digest("hex");
  const folder = path.join(setting("AFTERIMAGE_BENCH_SEEDS"), state.slice(0, 20));
  mkdirSync(folder, { recursive: true });
  const host = await Host.start(folder);
  try {
    if (!existsSync(path.join(folder, "vectors.f32"))) await corpus(host, folder, sources, limit);
    const facts = await host.call("facts", SITES);
    const file = path.join(folder, "questions.json");
    if (!existsSync(file)) {
      const questions = compose(asked, facts);
      await embed(
        host,
        path.join(folder, "questions.f32"),
        "questions",
        questions.map(({ text }) => text),
      );
      write(file, JSON.stringify(questions));
    }
    return { folder, questions: JSON.parse(readFileSync(file, "utf8")), likeness: facts.likeness };
  } finally {
    await host.close();
  }
}

async function corpus(host: Host, folder: string, sources: readonly Source[], limit: number): Promise<void> {
  const kept: { title: string; passages: string[] }[] = [];
  let count = 0;
  for (let at = 0; at < sources.length && count < limit; at += AT_ONCE) {
    const some = sources.slice(at, at + AT_ONCE);
    const split = await host.call(
      "split",
      some.map(({ text }) => text),
    );
    for (const [n, { title }] of some.entries()) {
      const passages = (split[n] ?? []).slice(0, Math.min(LONGEST, limit - count));
      if (passages.length > 0) kept.push({ title, passages });
      count += passages.length;
    }
  }
  write(path.join(folder, "documents.json"), JSON.stringify(kept));
  const texts = kept.flatMap(({ passages }) => passages);
  await embed(host, path.join(folder, "vectors.f32"), "passages", texts);
}

/** Writes the vectors of texts. */
async function embed(host: Host, file: string, what: string, texts: readonly string[]): Promise<void> {
  const parts: Buffer[] = [];
  for (let at = 0; at < texts.length; at += AT_ONCE) {
    progress(`embedding real ${what}, once: ${at} of ${texts.length}`);
    parts.push(Buffer.from(await host.call("encode", texts.slice(at, at + AT_ONCE)), "base64"));
  }
  write(file, Buffer.concat(parts));
}

/** All kinds, `EACH` of each. */
function compose(
  real: readonly string[],
  facts: { vocabulary: string[]; sites: string[]; now: number },
): Asked[] {
  const words = CLASSES.map(([from, to]) =>
    facts.vocabulary
      .slice(from, Math.min(to, facts.vocabulary.length))
      .filter((word) => /^[a-z]{4,}$/.test(word)),
  );
  /** The n-th of a class; a prime step goes through all of it. */
  const word = (n: number) => {
    const all = words[n % words.length] ?? [];
    return all[(n * 7919) % all.length] ?? "word";
  };
  const make: Record<Kind, (n: number) => Omit<Asked, "kind">> = {
    "one word": (n) => ({ text: word(n) }),
    // One of each class.
    "three words": (n) => ({ text: [word(3 * n + 31), word(3 * n + 32), word(3 * n + 33)].join(" ") }),
    question: (n) => ({ text: real[n % real.length] ?? "" }),
    filtered: (n) => {
      const text = real[(EACH + n) % real.length] ?? "";
      if (n % 2 === 0) return { text, site: facts.sites[(n / 2) % SITES.length] ?? "" };
      const days = DAYS[((n - 1) / 2) % DAYS.length] ?? 0;
      return { text, after: Math.floor(facts.now / DAY_MS - days) * DAY_MS };
    },
  };
  return KINDS.flatMap((kind) => Array.from({ length: EACH }, (_, n) => ({ kind, ...make[kind](n) })));
}

/** Whole or not at all. */
function write(file: string, content: string | Buffer): void {
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}
