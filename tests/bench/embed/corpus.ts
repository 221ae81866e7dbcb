// The texts and word pieces that every contender gets alike.
//
// The 32 reference texts are committed with their ids and vectors. The 200 real passages and STS-B lie beside
// the project (AFTERIMAGE_DATA), as their texts are their publishers'.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Batch, DIMS, type Sequence, type Work } from "./work.ts";

const REFERENCE = path.resolve("models/tests/data");
const DATA = path.resolve(process.env.AFTERIMAGE_DATA ?? "../shared/data");
const [CLS, SEP] = [101, 102];
const GAP = 29;

/** Why parts were left out. */
export const NO_DATA =
  "the real passages and STS-B are not here: set AFTERIMAGE_DATA to a folder that holds scifact and stsb";

/** Whether the real texts are there. */
export function hasData(): boolean {
  return ["scifact/corpus.jsonl", "stsb/stsb-en-test.csv"].every((file) => existsSync(path.join(DATA, file)));
}

/** Ids and the vector of an independent implementation, in float64. */
export interface Reference {
  readonly ids: Sequence;
  readonly vector: Float32Array;
}

export function referenceTexts(): Reference[] {
  const { texts } = json<{ texts: { ids: number[]; vector: number[] }[] }>("minilm_vectors.json");
  return texts.map(({ ids, vector }) => ({ ids, vector: Float32Array.from(vector) }));
}

/** A batch of so many sequences of exactly so many word pieces, cut out of the reference texts. */
export function shape(batch: number, tokens: number): Work {
  const pieces = referenceTexts().flatMap(({ ids }) => ids.slice(1, -1));
  const inner = tokens - 2;
  const sequences = Array.from({ length: batch }, (_, n) => [
    CLS,
    // Pieces are left out between two sequences, so that a second pass over the texts cuts them elsewhere.
    ...Array.from({ length: inner }, (_, i) => pieces[(n * (inner + GAP) + i) % pieces.length] ?? CLS),
    SEP,
  ]);
  return { name: `${batch} × ${tokens}`, batches: [sequences] };
}

/** One sequence at a time: no padding, which is best on one thread. */
export function oneByOne(name: string, sequences: readonly Sequence[]): Work {
  return { name, batches: sequences.map((sequence): Batch => [sequence]) };
}

/** The 200 real passages and their reference vectors. */
export function passages(): { texts: string[]; vectors: Float32Array[] } {
  const { passages } = json<{ passages: { source: string; line: number; sha256: string }[] }>(
    "real_passages.json",
  );
  const documents = data("scifact/corpus.jsonl").split("\n");
  const pairs = data("stsb/stsb-en-test.csv").split("\n");
  const texts = passages.map(({ source, line, sha256 }) => {
    const text = source === "scifact" ? document(documents[line]) : (pairs[line]?.split(",")[0] ?? "");
    if (createHash("sha256").update(text).digest("hex") !== sha256)
      throw new Error(`line ${line} of ${source} is not the text that the reference was made of`);
    return text;
  });
  const file = readFileSync(path.join(REFERENCE, "real_passages.f32"));
  const values = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  return { texts, vectors: rows(values) };
}

/** STS-B's test pairs with what people said of them, 0 to 5. */
export function similarPairs(): { first: string; second: string; score: number }[] {
  return csv(data("stsb/stsb-en-test.csv")).map(([first = "", second = "", score]) => ({
    first,
    second,
    score: Number(score),
  }));
}

/** One vector a row. */
export function rows(values: Float32Array): Float32Array[] {
  return Array.from({ length: values.length / DIMS }, (_, n) => values.subarray(n * DIMS, (n + 1) * DIMS));
}

function document(line: string | undefined): string {
  const { title, text }: { title: string; text: string } = JSON.parse(line ?? "null");
  return `${title} ${text}`;
}

/** Fields may be quoted, a quote inside is doubled; none of these files has a line break in a field. */
export function csv(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(REFERENCE, file), "utf8"));
}

function data(file: string): string {
  return readFileSync(path.join(DATA, file), "utf8");
}
