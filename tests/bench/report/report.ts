// What every benchmark ends with: tables on stdout, dist/bench/NAME.json and NAME.md, and its budgets.
//
// A budget that could not be measured does not hold: a contender that failed must not make a run green.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { table } from "./table.ts";

const FOLDER = path.resolve("dist/bench");
const CLEAR_LINE = "\r\u001b[K";

/** What must stay true (DESIGN, section 7). */
export interface Budget {
  readonly name: string;
  /** With direction and unit, such as `≤ 250 ms`. */
  readonly limit: string;
  /** `null`: it could not be measured. */
  readonly measured: number | null;
  readonly holds: boolean;
}

/** One benchmark's results. */
export class Report {
  readonly #name: string;
  readonly #text: string[] = [];
  readonly #rows: object[] = [];
  readonly #budgets: Budget[] = [];
  #partial: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Not everything was run: the files say so. */
  partial(options: string): void {
    this.#partial = options;
  }

  /** What the JSON file holds for one line of a table. */
  row(row: object): void {
    this.#rows.push(row);
  }

  /** A paragraph or a table, printed at once. */
  print(text: string): void {
    this.#text.push(text);
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
    process.stdout.write(`${text}\n\n`);
  }

  atMost(name: string, measured: number | undefined, limit: number, unit = ""): void {
    this.#budget(name, "≤", measured, limit, unit);
  }

  atLeast(name: string, measured: number | undefined, limit: number, unit = ""): void {
    this.#budget(name, "≥", measured, limit, unit);
  }

  /** Writes the files and prints the budgets; `true` if all of them hold. */
  finish(machine: string): boolean {
    const rows = this.#budgets.map(({ name, limit, measured, holds }) => [
      name,
      limit,
      measured === null ? "not measured" : String(measured),
      holds ? "yes" : "NO",
    ]);
    this.print(table(["budget", "limit", "measured", "holds"], rows));
    this.print(`Measured on: ${machine}.`);
    mkdirSync(FOLDER, { recursive: true });
    const result = {
      machine,
      ...(this.#partial === undefined ? {} : { partial: this.#partial }),
      rows: this.#rows,
      budgets: this.#budgets,
    };
    writeFileSync(path.join(FOLDER, `${this.#name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(path.join(FOLDER, `${this.#name}.md`), `${this.#text.join("\n\n")}\n`);
    return this.#budgets.every(({ holds }) => holds);
  }

  #budget(name: string, sign: "≤" | "≥", found: number | undefined, limit: number, unit: string): void {
    const measured = found === undefined || !Number.isFinite(found) ? null : Number(found.toPrecision(4));
    const holds = measured !== null && (sign === "≤" ? measured <= limit : measured >= limit);
    this.#budgets.push({ name, limit: `${sign} ${limit}${unit && ` ${unit}`}`, measured, holds });
  }
}

/** Runs a benchmark; the process ends with 1 where a budget does not hold or something went wrong. */
export async function run(benchmark: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await benchmark())) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** One line about what is going on, to stderr: stdout is for results. */
export function progress(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `${CLEAR_LINE}${line}` : `${line}\n`);
}
