// How close each contender comes to the published f32 model, and what that means for its answers.

import { progress, type Report } from "../report/report.ts";
import { cosine, mean, spearman } from "../report/statistics.ts";
import { table } from "../report/table.ts";
import { oneByOne, passages, similarPairs } from "./corpus.ts";
import type { Host } from "./host.ts";
import type { Name, Sequence } from "./work.ts";

/** Cosines with the reference. */
export interface Closeness {
  mean: number;
  worst: number;
}

/** Every contender's vectors of the 200 real passages, against those of an independent f32 implementation. */
export async function closeness(
  host: Host,
  report: Report,
  names: readonly Name[],
  labels: Record<Name, string>,
): Promise<Map<Name, Closeness>> {
  const { texts, vectors } = passages();
  const work = oneByOne("passages", await host.tokenize(texts));
  const found = new Map<Name, Closeness>();
  for (const name of names) {
    progress(`accuracy: ${labels[name]}`);
    const ours = await host.vectors(name, work);
    found.set(name, compare(ours, vectors));
  }
  print(report, "Cosine with f32, 200 real passages", found, labels, vectors.length);
  return found;
}

/** Cosines of vectors that belong together. */
export function compare(ours: readonly Float32Array[], wanted: readonly Float32Array[]): Closeness {
  const cosines = wanted.map((vector, i) => cosine(ours[i] ?? new Float32Array(), vector));
  return { mean: mean(cosines), worst: Math.min(...cosines) };
}

/** A table of cosines. */
export function print(
  report: Report,
  title: string,
  found: ReadonlyMap<Name, Closeness>,
  labels: Record<Name, string>,
  texts: number,
): void {
  const lines: string[][] = [];
  for (const [name, { mean, worst }] of found) {
    report.row({ part: "accuracy", contender: labels[name], texts, meanCosine: mean, worstCosine: worst });
    lines.push([labels[name], String(texts), mean.toFixed(5), worst.toFixed(5)]);
  }
  report.print(`### ${title}`);
  report.print(table(["contender", "texts", "mean", "worst"], lines));
}

/** STS-B's test set: Spearman's correlation, × 100, of cosines with what people said. */
export async function similarity(
  host: Host,
  report: Report,
  names: readonly Name[],
  labels: Record<Name, string>,
): Promise<Map<Name, number>> {
  const pairs = similarPairs();
  const texts = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
  const sequences = await host.tokenize(texts);
  const found = new Map<Name, number>();
  for (const name of names) {
    const vectors = await embedAll(host, name, sequences, (done) =>
      progress(`STS-B: ${labels[name]}, ${done}/${texts.length} sentences`),
    );
    const vectorOf = new Map(texts.map((text, i) => [text, vectors[i] ?? new Float32Array()]));
    const cosines = pairs.map(({ first, second }) =>
      cosine(vectorOf.get(first) ?? new Float32Array(), vectorOf.get(second) ?? new Float32Array()),
    );
    const score =
      100 *
      spearman(
        cosines,
        pairs.map(({ score }) => score),
      );
    found.set(name, score);
    report.row({ part: "accuracy", contender: labels[name], pairs: pairs.length, stsbSpearman: score });
  }
  const lines = [...found].map(([name, score]) => [labels[name], score.toFixed(2)]);
  report.print("### STS-B test, Spearman × 100 (published for this model: 82.03)");
  report.print(table(["contender", "Spearman"], lines));
  return found;
}

/** Some hundred sentences a call. */
async function embedAll(
  host: Host,
  name: Name,
  sequences: readonly Sequence[],
  onDone: (done: number) => void,
): Promise<Float32Array[]> {
  const out: Float32Array[] = [];
  for (let at = 0; at < sequences.length; at += 500) {
    onDone(at);
    out.push(...(await host.vectors(name, oneByOne("sentences", sequences.slice(at, at + 500)))));
  }
  return out;
}
