// `./build.sh bench search`: the product's index over IndexedDB against other engines, on the same pages in the same
// browser.
//
//   --sizes 1000,20000     passages, ten a page; the budgets are about 200000 and 1000000
//   --only ours,sqlite     these contenders alone (ours, ours-dedicated, scan-wasm, scan-js, orama, sqlite)
//   --questions N          of each kind that are timed, instead of 40
//   --cold N               fresh workers for each kind, instead of 3; 1 where opening takes longer than 10 s
//   --limit N              seconds that a contender may take to take in all pages, instead of 300
//   --profile N            the N functions in which most of the time of warm questions goes (service worker alone;
//                          names are there if tools/wasm.sh gives wasm-opt -g instead of --strip-debug)
//
// Pages are generated (background/src/bench_search/generate.rs) from real ones, which lie beside the project. Every
// contender at every size gets a browser with an empty profile. Questions come with their vectors: embedding them is not
// measured here.
//
// Ours runs in a service worker, as the product does. The others run in a worker of the page: SQLite wants synchronous
// files, which a service worker has not, and the peers are imported when they are wanted, which it may not. How much that
// matters is seen with `ours-dedicated`, our index in a worker of the page; it takes part only when it is named.
//
// Memory of a service worker is that of its module and its JavaScript heap after a garbage collection: what measures
// the others, `measureUserAgentSpecificMemory`, knows no service workers.
//
// *Cold*: the first question to a fresh worker that opened what is on disk; a service worker is ended, and the next message
// starts it. *Warm*: different questions, one after the other. *Indexing*: questions while pages come in one by one;
// what is under way when one is asked counts.

import { parseArgs } from "node:util";
import { machine } from "./report/machine.ts";
import { progress, Report, run } from "./report/report.ts";
import { mean, quantile, timing } from "./report/statistics.ts";
import { short, table } from "./report/table.ts";
import { Host } from "./search/host.ts";
import { EACH, numbers, type Seeds, seeds } from "./search/seeds.ts";
import { hasData, NO_DATA } from "./search/sources.ts";
import {
  inService,
  KINDS,
  type Kind,
  LIMIT,
  type Likeness,
  NAMES,
  type Name,
  PASSAGES,
} from "./search/work.ts";

const LABELS: Record<Name, string> = {
  ours: "ours",
  "ours-dedicated": "ours, in a worker of the page",
  "scan-wasm": "f32 scan, WASM SIMD (vectors only)",
  "scan-js": "f32 scan, JavaScript (vectors only)",
  orama: "Orama, hybrid",
  sqlite: "SQLite, FTS5 + sqlite-vec",
};
const SEED_PASSAGES = 2000;
/** Pages that are put in together while the index is built. */
const AT_ONCE = 100;
/** Pages that come in, at most, while questions are asked. */
const MEANWHILE = 200;
/** Questions that are asked before anything is measured. */
const WARM_UP = 4;
/** Where opening takes longer, in ms, one fresh worker for each kind is enough. */
const LONG_OPENING = 10_000;
/** Budgets (DESIGN, section 7). */
const WARM_LIMITS: Record<number, { p50: number; p95?: number }> = {
  200000: { p50: 10, p95: 20 },
  1000000: { p50: 40 },
};
const MEMORY_LIMIT = { passages: 200_000, megabytes: 200 };
const DISK_LIMIT = { from: 20_000, kilobytes: 16 };
/** Of recall@10, up to so many passages and beyond: one bit a dimension chooses what is compared exactly. */
const RECALL_LIMIT = { passages: 20_000, small: 0.99, large: 0.97 };

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,20000" },
    only: { type: "string", default: NAMES.filter((name) => name !== "ours-dedicated").join() },
    questions: { type: "string", default: "40" },
    cold: { type: "string", default: "3" },
    limit: { type: "string", default: "300" },
    profile: { type: "string" },
  },
});

/** What was measured of one contender at one size. */
interface Result {
  size: number;
  name: Name;
  /** Why figures are missing. */
  failed: string[];
  /** ms. */
  build?: number;
  /** Bytes. */
  disk?: number;
  memory?: number;
  /** ms, of every fresh worker: script and module loaded, database opened. */
  opened: number[];
  cold: Partial<Record<Kind, number[]>>;
  warm: Partial<Record<Kind, number[]>>;
  busy: Partial<Record<Kind, number[]>>;
  /** Share of the exact ten best pages among the ten that are found by their vectors. */
  recall?: number | "exact";
}

await run(async () => {
  if (!hasData()) throw new Error(NO_DATA);
  const sizes = values.sizes.split(",").map((size) => whole("--sizes", size));
  const names = values.only.split(",").map((name) => {
    const known = NAMES.find((one) => one === name);
    if (known === undefined) throw new Error(`--only knows ${NAMES.join(", ")}, not ${name}`);
    return known;
  });
  const counts = {
    questions: Math.min(whole("--questions", values.questions), EACH - WARM_UP),
    cold: whole("--cold", values.cold),
    limit: whole("--limit", values.limit),
  };
  const report = new Report("search");
  if (process.argv.length > 2) report.partial(process.argv.slice(2).join(" "));
  const made = await seeds(SEED_PASSAGES);
  tellLikeness(report, made.likeness);
  let browser = "";
  for (const size of sizes) {
    const results: Result[] = [];
    for (const name of names) {
      const host = await Host.start(made.folder);
      try {
        browser = await host.browser();
        results.push(await measure(host, made, { size, name, ...counts }));
      } finally {
        await host.close();
      }
    }
    tell(report, size, results);
    const ours = results.find(({ name }) => name === "ours");
    if (ours !== undefined) budgets(report, ours);
  }
  return report.finish(machine(browser));
});

interface Plan {
  size: number;
  name: Name;
  questions: number;
  cold: number;
  limit: number;
}

async function measure(host: Host, made: Seeds, plan: Plan): Promise<Result> {
  const { size, name } = plan;
  const result: Result = { size, name, failed: [], opened: [], cold: {}, warm: {}, busy: {} };
  const pages = Math.ceil(size / PASSAGES);
  const step = (what: string) => progress(`${size} passages, ${LABELS[name]}: ${what}`);
  try {
    await host.call("questions", made.questions);
    const before = await host.call("disk");
    result.build = await build(host, plan, pages, step);
    const kept = await keep(host, result);
    if (kept) {
      await host.stop();
      result.disk = (await settled(host)) - before;
    }
    for (const kind of kept ? KINDS : []) {
      result.cold[kind] = [];
      for (let n = 0; n < plan.cold; n += 1) {
        step(`cold, ${kind}, ${n + 1} of ${plan.cold}`);
        const { started } = await host.open(name, pages);
        result.opened.push(started);
        const [first = Number.NaN] = await host.call("ask", numbers(kind, EACH - 1 - n, 1));
        result.cold[kind].push(first);
        if (started > LONG_OPENING) break;
      }
    }
    step("warm");
    if (kept) await host.open(name, pages + MEANWHILE);
    /** Kinds that a contender cannot answer are left out; the others are measured. */
    const answered = async (kind: Kind, times: () => Promise<number[]>) => {
      try {
        return await times();
      } catch (error) {
        note(result, `${kind}: ${said(error)}`);
        return [];
      }
    };
    for (const kind of KINDS) await answered(kind, () => host.call("ask", numbers(kind, 0, WARM_UP)));
    for (const kind of KINDS)
      result.warm[kind] = await answered(kind, () =>
        host.call("ask", numbers(kind, WARM_UP, plan.questions)),
      );
    if (values.profile !== undefined && inService(name)) {
      step("profile");
      for (const kind of KINDS) {
        const times = await host.profile(() => host.call("ask", numbers(kind, WARM_UP, plan.questions)));
        tellProfile(kind, times, plan.questions, whole("--profile", values.profile));
      }
    }
    step("memory");
    result.memory = await host.memory(name);
    step("recall");
    // All questions, whatever is timed: of forty, one page in four hundred decides on a budget.
    result.recall = await recall(host, pages, numbers("question", 0, EACH));
    const each = Math.floor(MEANWHILE / KINDS.length);
    for (const [n, kind] of KINDS.entries()) {
      step(`while indexing, ${kind}`);
      const asked = numbers(kind, WARM_UP, plan.questions);
      result.busy[kind] = await answered(kind, async () => {
        const from = pages + n * each;
        return (await host.call("askWhileInserting", name, asked, from, each)).times;
      });
    }
  } catch (error) {
    note(result, said(error));
    step(`gave up: ${said(error)}`);
  }
  return result;
}

/** Puts all pages in; milliseconds of the contender alone. */
async function build(
  host: Host,
  { name, limit }: Plan,
  pages: number,
  step: (what: string) => void,
): Promise<number> {
  await host.open(name, pages + MEANWHILE);
  let time = 0;
  for (let from = 0; from < pages; from += AT_ONCE) {
    time += await host.call("insert", name, from, Math.min(AT_ONCE, pages - from));
    if ((from / AT_ONCE) % 10 === 0) step(`${from} of ${pages} pages in ${short(time / 1000)} s`);
    if (time > limit * 1000)
      throw new Error(`more than ${limit} s for the first ${(from + AT_ONCE) * PASSAGES} passages`);
  }
  step("the last of it");
  return time;
}

/** What is left to do, so that the next worker finds all; `false` if it will not. */
async function keep(host: Host, result: Result): Promise<boolean> {
  try {
    result.build = (result.build ?? 0) + (await host.call("finish"));
    return true;
  } catch (error) {
    note(
      result,
      `it cannot be kept for the next worker (${said(error)}): figures are of the one that built it`,
    );
    return false;
  }
}

/** To the error output: names of functions are nothing to keep. */
function tellProfile(kind: Kind, times: Map<string, number>, questions: number, most: number): void {
  const found = [...times].toSorted((a, b) => b[1] - a[1]).slice(0, most);
  progress(
    table(
      [`${kind}: ms a question`, "in"],
      found.map(([name, ms]) => [(ms / questions).toFixed(3), name]),
    ),
  );
}

/** Bytes on disk when the browser has done what it does later: two looks that agree. */
async function settled(host: Host): Promise<number> {
  let last = Number.NaN;
  for (let n = 0; n < 20; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await host.call("disk");
    if (now === last) break;
    last = now;
  }
  return last;
}

async function recall(host: Host, pages: number, asked: number[]): Promise<number | "exact"> {
  const found = await host.call("nearest", asked, LIMIT);
  if (found === null) return "exact";
  const exact = await host.call("exact", asked, pages, LIMIT);
  return mean(exact.map((best, n) => best.filter((page) => found[n]?.includes(page)).length / best.length));
}

function tellLikeness(report: Report, { real, generated }: Likeness): void {
  report.row({ part: "likeness", real, generated });
  const line = (title: string, of: (figures: Likeness["real"]) => number, digits: number) => [
    title,
    of(real).toFixed(digits),
    of(generated).toFixed(digits),
  ];
  report.print("### Generated passages against the real ones that they are made of, two of each page");
  report.print(
    table(
      ["", "real", "generated"],
      [
        line("passages", ({ passages }) => passages, 0),
        line("words of a passage", ({ words }) => words, 1),
        line("different words", ({ vocabulary }) => vocabulary, 0),
        line("cosine of strangers, mean", ({ strangers }) => strangers, 3),
        line("cosine of strangers, deviation", ({ deviation }) => deviation, 3),
        line("cosine within a page, mean", ({ neighbours }) => neighbours, 3),
        line("cosine with the nearest stranger, median", ({ nearest }) => nearest[0], 3),
        line("cosine with the nearest stranger, p90", ({ nearest }) => nearest[1], 3),
      ],
    ),
  );
}

function tell(report: Report, size: number, results: readonly Result[]): void {
  report.print(
    `### ${size.toLocaleString("en")} passages on ${(size / PASSAGES).toLocaleString("en")} pages`,
  );
  const megabytes = (bytes: number | undefined) => (bytes === undefined ? "–" : short(bytes / 1e6));
  report.print(
    table(
      ["engine", "build, s", "disk, MB", "memory, MB", "opened, ms", "recall@10"],
      results.map((one) => [
        LABELS[one.name],
        one.build === undefined ? "–" : short(one.build / 1000),
        megabytes(one.disk),
        megabytes(one.memory),
        one.opened.length === 0 ? "–" : short(timing(one.opened).median),
        typeof one.recall === "number" ? one.recall.toFixed(3) : (one.recall ?? "–"),
      ]),
    ),
  );
  const cell = (times: number[] | undefined, share: number) =>
    times === undefined || times.length === 0 ? "–" : short(at(times, share));
  const lines = KINDS.flatMap((kind) =>
    results
      .filter(({ warm, cold }) => warm[kind] ?? cold[kind])
      .map(({ name, warm, cold, busy }) => [
        kind,
        LABELS[name],
        cell(warm[kind], 0.5),
        cell(warm[kind], 0.95),
        cell(cold[kind], 0.5),
        cell(cold[kind], 0.95),
        cell(busy[kind], 0.5),
        cell(busy[kind], 0.95),
      ]),
  );
  const head = ["question, ms", "engine", "warm p50", "p95", "cold p50", "p95", "indexing p50", "p95"];
  report.print(table(head, lines, 2));
  for (const { name, failed } of results)
    if (failed.length > 0) report.print(`${LABELS[name]} did not do all of it: ${failed.join("; ")}.`);
  for (const { warm, cold, busy, opened, ...one } of results) {
    report.row({ part: "engine", ...one, ...(opened.length === 0 ? {} : { opened: timing(opened) }) });
    for (const [state, times] of Object.entries({ warm, cold, busy }))
      for (const kind of KINDS) {
        const measured = times[kind];
        if (measured === undefined || measured.length === 0) continue;
        const p95 = at(measured, 0.95);
        report.row({
          part: "question",
          size,
          name: one.name,
          state,
          kind,
          unit: "ms",
          ...timing(measured),
          p95,
        });
      }
  }
}

/** What DESIGN says of this size. */
function budgets(report: Report, { size, warm, memory, disk, recall }: Result): void {
  const limits = WARM_LIMITS[size];
  const all = KINDS.flatMap((kind) => warm[kind] ?? []);
  const what = `search, ${size.toLocaleString("en")} passages, warm, all kinds`;
  if (limits !== undefined) {
    report.atMost(`${what}: p50`, at(all, 0.5), limits.p50, "ms");
    if (limits.p95 !== undefined) report.atMost(`${what}: p95`, at(all, 0.95), limits.p95, "ms");
  }
  report.atLeast(
    `recall@10, ${size.toLocaleString("en")} passages`,
    typeof recall === "number" ? recall : undefined,
    size <= RECALL_LIMIT.passages ? RECALL_LIMIT.small : RECALL_LIMIT.large,
  );
  if (size === MEMORY_LIMIT.passages)
    report.atMost(
      `memory, ${size.toLocaleString("en")} passages`,
      memory && memory / 1e6,
      MEMORY_LIMIT.megabytes,
      "MB",
    );
  if (size >= DISK_LIMIT.from)
    report.atMost(
      `disk per page, ${size.toLocaleString("en")} passages`,
      // Nothing at all was not measured.
      disk ? (disk * PASSAGES) / size / 1000 : undefined,
      DISK_LIMIT.kilobytes,
      "KB",
    );
}

/** Remembers why figures are missing, once. */
function note(result: Result, why: string): void {
  if (!result.failed.includes(why)) result.failed.push(why);
}

/** An error's first line, without a full stop. */
function said(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/\.$/, "");
}

function at(times: readonly number[], share: number): number {
  return quantile(
    times.toSorted((a, b) => a - b),
    share,
  );
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new Error(`${option} wants whole numbers from 1, not ${text}`);
  return value;
}
