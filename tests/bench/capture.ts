// `./build.sh bench capture`: what the content script costs a page, and how much of its text it gets, on the real
// pages; against Readability as its authors offer it, which works in one go.
//
//   --repetitions N   instead of 3; a page's figure is the median of these
//   --only TEXT       pages whose name has this in it
//   --every N         every N-th page
//
// Each page has a host of its own, so that it is read in a fresh process with cold code, as on the web. Times are the
// main thread's processor time; no task of another program counts.

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { contentScript, rawReadability } from "../content/support/bundle.ts";
import { type Chromium, startChromium } from "../content/support/chromium.ts";
import { expectedOf, noRealPages, realPages, sourceOf } from "../content/support/pages.ts";
import { serve } from "../content/support/site.ts";
import { startTrace, stopTrace, type Task } from "../content/support/tasks.ts";
import { share, textOfHtml, words } from "../content/support/words.ts";
import { World } from "../content/support/world.ts";
import { sleep } from "../e2e/harness/until.ts";
import { machine } from "./report/machine.ts";
import { progress, Report, run } from "./report/report.ts";
import { mean, quantile } from "./report/statistics.ts";
import { short, table } from "./report/table.ts";

/** DESIGN, section 7. */
const LIMITS = { p50: 10, p95: 30, task: 50, gzipped: 20 } as const;
/** What tests/content/extraction.test.ts holds it to, as F1. */
const LEAST_F1 = 0.95;
/** What a page does by itself after it was loaded is over by then, ms. */
const SETTLED = 300;
const LONGEST = 30_000;
/** How often it is looked whether all was read, ms. Looking is a task, too, but not one that is counted. */
const LOOK = 100;
const READ_NOW = 'globalThis[Symbol.for("afterimage.now")] = true;';
/** Work in a page's idle time, as ours is, so that both are found in the trace by the same event. */
const RAW = "requestIdleCallback(() => { readable(); globalThis.done = true; });";

interface Reading {
  /** All of the main thread's time that the script took, ms. */
  total: number;
  /** Its longest task. */
  longest: number;
  f1: number;
}

type Reader = "ours" | "raw";
const READERS: Record<Reader, string> = {
  ours: "content script, as it ships",
  raw: "Readability alone, in one go",
};

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    every: { type: "string", default: "1" },
  },
});

function whole(name: "repetitions" | "every"): number {
  const value = Number(values[name]);
  if (!(Number.isInteger(value) && value > 0))
    throw new Error(`--${name} is a whole number from 1, not ${values[name]}`);
  return value;
}

await run(async () => {
  if (noRealPages !== null) throw new Error(noRealPages);
  const [repetitions, every] = [whole("repetitions"), whole("every")];
  const report = new Report("capture");
  if (process.argv.length > 2) report.partial(process.argv.slice(2).join(" "));
  const named = (await realPages()).filter((name) => name.includes(values.only));
  const names = named.filter((_, n) => n % every === 0);
  const hosts = new Map(names.map((name, at) => [`page${at}.test`, name]));
  const site = await serve(async (_, host) => {
    const body = await sourceOf(hosts.get(host) ?? "");
    return body && { body, inert: true };
  });
  const chromium = await startChromium(Number(new URL(site.origin).port));
  try {
    const [script, readability] = await Promise.all([contentScript(), rawReadability()]);
    const readings: Record<Reader, Reading[]> = { ours: [], raw: [] };
    for (const [at, [host, name]] of [...hosts].entries()) {
      progress(`reading page ${at + 1}/${names.length}`);
      const expected = await expectedOf(name);
      const again: Record<Reader, Reading[]> = { ours: [], raw: [] };
      for (let n = 0; n < repetitions; n += 1) {
        again.ours.push(await read(chromium, `http://${host}/`, "ours", script, expected));
        again.raw.push(await read(chromium, `http://${host}/`, "raw", readability, expected));
      }
      for (const reader of ["ours", "raw"] as const) {
        const reading = middle(again[reader]);
        readings[reader].push(reading);
        report.row({ page: name, reader, unit: "ms", ...reading });
      }
    }
    tell(report, readings);
    const { ours } = readings;
    report.atMost("main thread, p50", at(ours, "total", 0.5), LIMITS.p50, "ms");
    report.atMost("main thread, p95", at(ours, "total", 0.95), LIMITS.p95, "ms");
    report.atMost("longest task", at(ours, "longest", 1), LIMITS.task, "ms");
    report.atMost(
      "content script, gzipped",
      gzipSync(script, { level: 9 }).length / 1e3,
      LIMITS.gzipped,
      "KB",
    );
    report.atLeast("F1 of the text, mean", mean(ours.map(({ f1 }) => f1)), LEAST_F1);
    return report.finish(machine(await chromium.browser.version()));
  } finally {
    await chromium.close();
    await site.close();
  }
});

async function read(
  chromium: Chromium,
  url: string,
  reader: Reader,
  script: string,
  expected: string,
): Promise<Reading> {
  const page = await chromium.newWindow();
  try {
    await page.goto(url, { waitUntil: "domcontentloaded" });
    await sleep(SETTLED);
    const world = await World.in(page);
    // Ours reads when it is evaluated, the other one when it is asked.
    if (reader === "raw") await world.run(script);
    await startTrace(page);
    if (reader === "ours") await world.run(READ_NOW + script);
    else await world.run(RAW);
    const done = reader === "ours" ? "sent.length >= 2" : "globalThis.done === true";
    const end = Date.now() + LONGEST;
    while (!(await world.run<boolean>(done))) {
      if (Date.now() > end) throw new Error(`${url} was not read in ${LONGEST / 1000} s`);
      await sleep(LOOK);
    }
    const tasks = (await stopTrace(page, url)).filter(isReading);
    const text = await world.run<string>(
      reader === "ours" ? "sent[1].request.text ?? ''" : textOf("globalThis.article?.content ?? ''"),
    );
    const wanted = words(await world.run<string>(textOfHtml(expected)));
    return {
      total: tasks.reduce((sum, { ms }) => sum + ms, 0),
      longest: Math.max(0, ...tasks.map(({ ms }) => ms)),
      f1: f1(words(text), wanted),
    };
  } finally {
    await page.close();
  }
}

/** The page's own scripts do not run, so all work in idle time and all timers are ours. */
function isReading({ events }: Task): boolean {
  return events.has("FireIdleCallback") || events.has("TimerFire");
}

/** The text of the HTML that Readability gives, its words apart as they are in what is expected. */
function textOf(html: string): string {
  return textOfHtml("").replace('""', html);
}

function f1(found: readonly string[], wanted: readonly string[]): number {
  const [recall, precision] = [share([...wanted], [...found]), share([...found], [...wanted])];
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
}

/** The middle one of several readings, each figure by itself. */
function middle(all: readonly Reading[]): Reading {
  return { total: at(all, "total", 0.5), longest: at(all, "longest", 0.5), f1: at(all, "f1", 0.5) };
}

function at(all: readonly Reading[], what: keyof Reading, share: number): number {
  return quantile(
    all.map((each) => each[what]).toSorted((a, b) => a - b),
    share,
  );
}

function tell(report: Report, readings: Record<Reader, Reading[]>): void {
  report.print(`### Reading ${readings.ours.length} real pages: milliseconds of the main thread`);
  const lines = (["ours", "raw"] as const).map((reader) => {
    const all = readings[reader];
    const figure = (what: keyof Reading, share: number): string => short(at(all, what, share));
    return [
      READERS[reader],
      figure("total", 0.5),
      figure("total", 0.95),
      figure("total", 1),
      figure("longest", 0.5),
      figure("longest", 0.95),
      figure("longest", 1),
      mean(all.map((each) => each.f1)).toFixed(3),
    ];
  });
  report.print(
    table(["", "p50", "p95", "most", "longest task, p50", "p95", "most", "F1 of the text"], lines),
  );
  const [ours, raw] = [at(readings.ours, "total", 0.5), at(readings.raw, "total", 0.5)];
  report.print(`Ours takes ${(ours / raw).toFixed(2)} of its time at the median.`);
}
