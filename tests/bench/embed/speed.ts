// Who is how fast: contenders run alternately on the same ids, one run each a round, and the one that begins
// changes from round to round.

import { progress, type Report } from "../report/report.ts";
import { type Timing, timing } from "../report/statistics.ts";
import { range, short, table } from "../report/table.ts";
import type { Host } from "./host.ts";
import type { Name, Work } from "./work.ts";

/** One table. */
export interface Race {
  title: string;
  /** For the JSON file. */
  part: string;
  names: readonly Name[];
  /** Whose time is 1. */
  baseline: Name;
  labels: Record<Name, string>;
  entries: readonly Entry[];
}

/** What is run, and how often. */
export interface Entry {
  work: Work;
  repetitions: number;
  /** Runs before the measured ones; three by default. */
  warmUp?: { runs: number; ms: number };
}

/** Median times, and their ratio to the baseline's, by work and contender. */
export class Times {
  readonly #times = new Map<string, Timing>();

  set(work: string, name: Name, time: Timing): void {
    this.#times.set(`${work}/${name}`, time);
  }

  get(work: string, name: Name): Timing | undefined {
    return this.#times.get(`${work}/${name}`);
  }

  /** `undefined` where either was not measured. */
  ratio(work: string, name: Name, baseline: Name): number | undefined {
    const [ours, theirs] = [this.get(work, name), this.get(work, baseline)];
    return ours && theirs && ours.median / theirs.median;
  }
}

/** Runs a race and prints its table. */
export async function race(host: Host, report: Report, options: Race): Promise<Times> {
  const { title, part, baseline, labels, entries } = options;
  const times = new Times();
  const names = await host.open(options.names);
  const lines: string[][] = [];
  for (const { work, repetitions, warmUp } of entries) {
    progress(`${part}: ${work.name}`);
    await host.prepare(names, work, warmUp);
    const measured = new Map<Name, number[]>(names.map((name) => [name, []]));
    for (let round = 0; round < repetitions; round += 1) {
      const order = names.map((_, i) => names[(i + round) % names.length] as Name);
      const took = await host.round(order);
      for (const [i, name] of order.entries()) measured.get(name)?.push(took[i] ?? Number.NaN);
    }
    for (const [name, values] of measured) times.set(work.name, name, timing(values));
    for (const name of names) {
      const time = times.get(work.name, name);
      if (time === undefined) continue;
      const ratio = times.ratio(work.name, name, baseline);
      const { median, min, max } = time;
      report.row({
        part,
        work: work.name,
        contender: labels[name],
        unit: "ms",
        ...time,
        ratio: ratio ?? null,
      });
      lines.push([
        name === names[0] ? work.name : "",
        labels[name],
        short(median),
        range(min, max),
        String(repetitions),
        ratio === undefined ? "" : ratio.toFixed(2),
      ]);
    }
  }
  const head = ["sequences × tokens", "contender", "median, ms", "min–max", "n", `÷ ${labels[baseline]}`];
  report.print(`### ${title}`);
  report.print(table(head, lines, 2));
  for (const name of options.names) {
    const why = host.absent.get(name);
    if (why !== undefined) report.print(`${labels[name]} did not take part: ${why}`);
  }
  return times;
}
