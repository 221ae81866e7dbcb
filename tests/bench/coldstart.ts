// `./build.sh bench coldstart`: the worker was killed; how long until the first question is embedded?
//
//   --repetitions N   instead of 20
//   --pages N         instead of 20000, of the second table; at 0 there is none
//
// Measured where a person waits: from the moment an extension page sends the question to the reply. The steps
// in between are marks (`performance.mark`) that the worker leaves as it starts; they are read through CDP
// afterwards, when the clock has stopped. First with one page in the index, then with many: there the question has to be
// answered, too.

import { parseArgs } from "node:util";
import type { Reply } from "../../messages/messages.ts";
import { VERSION } from "../../messages/messages.ts";
import { ownUrl } from "../e2e/harness/pages.ts";
import { Session } from "../e2e/harness/session.ts";
import { takeIn } from "./coldstart/large.ts";
import { machine } from "./report/machine.ts";
import { progress, Report, run } from "./report/report.ts";
import { timing } from "./report/statistics.ts";
import { range, short, table } from "./report/table.ts";

const LIMIT_MS = 250;
/** DESIGN, section 7, of 20,000 pages. */
const LARGE_LIMIT_MS = 400;
/** What a mark says, in the order in which the marks come today. */
const STEPS: Record<string, string> = {
  worker: "worker started",
  module: "WASM module ready",
  index: "database open, index in memory",
  weights: "weights in memory",
  tokenizer: "tokenizer ready",
  encoder: "model ready",
  reply: "question embedded and answered, reply received",
};
const QUESTION = "why does the sea rise and fall";

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "20" },
    pages: { type: "string", default: "20000" },
  },
});

function whole(name: "repetitions" | "pages", least: number): number {
  const value = Number(values[name]);
  if (!(Number.isInteger(value) && value >= least))
    throw new Error(`--${name} is a whole number from ${least}, not ${values[name]}`);
  return value;
}

await run(async () => {
  const [repetitions, pages] = [whole("repetitions", 1), whole("pages", 0)];
  const report = new Report("coldstart");
  if (process.argv.length > 2) report.partial(process.argv.slice(2).join(" "));
  const session = await Session.start();
  try {
    // A page in the index: the backends are measured, the weights kept, as on any day but the first.
    await session.read(ownUrl("tides"));
    await session.extension.waitIndexed(120);
    const browser = await session.chromium.browser.version();
    const median = tell(report, 1, await coldStarts(session, repetitions));
    report.atMost("worker killed → first question embedded", median, LIMIT_MS, "ms");
    if (pages > 0) {
      await takeIn(session, pages);
      const large = tell(report, pages, await coldStarts(session, repetitions));
      const what = `worker killed → first hybrid result, ${pages.toLocaleString("en")} pages`;
      report.atMost(what, large, LARGE_LIMIT_MS, "ms");
    }
    return report.finish(machine(browser));
  } finally {
    await session.close();
  }
});

async function coldStarts(session: Session, repetitions: number): Promise<Record<string, number>[]> {
  const starts: Record<string, number>[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    progress(`cold start ${n + 1}/${repetitions}`);
    starts.push(await coldStart(session));
  }
  return starts;
}

/** Milliseconds from the question to each step. */
async function coldStart(session: Session): Promise<Record<string, number>> {
  await session.worker.kill();
  const filters = { site: null, after: null, before: null };
  const request = { type: "search", query: QUESTION, mode: "hybrid", limit: 10, filters, order: "best" };
  const { asked, answered, reply } = await session.extension.page.evaluate(
    async (message) => {
      const now = () => performance.timeOrigin + performance.now();
      const asked = now();
      const reply: Reply = await chrome.runtime.sendMessage(message);
      return { asked, answered: now(), reply };
    },
    { v: VERSION, request },
  );
  if (!("ok" in reply) || reply.ok.type !== "results" || reply.ok.backend !== "cpu")
    throw new Error(`the model did not embed the question: ${JSON.stringify(reply)}`);
  const { origin, marks } = await session.worker.evaluate(() => ({
    origin: performance.timeOrigin,
    marks: performance.getEntriesByType("mark").map(({ name, startTime }) => ({ name, startTime })),
  }));
  const steps: Record<string, number> = { worker: origin - asked };
  for (const { name, startTime } of marks) steps[name] ??= origin + startTime - asked;
  return { ...steps, reply: answered - asked };
}

/** Prints the steps in the order in which they were done; gives the median of the last. */
function tell(report: Report, pages: number, starts: readonly Record<string, number>[]): number {
  const steps = Object.entries(STEPS).flatMap(([name, label]) => {
    const times = starts.flatMap((start) => start[name] ?? []);
    return times.length === starts.length ? [{ name, label, ...timing(times) }] : [];
  });
  steps.sort((a, b) => a.median - b.median);
  for (const { name, label: _, ...time } of steps) report.row({ pages, step: name, unit: "ms", ...time });
  const lines = steps.map(({ label, median, min, max, repetitions }) => [
    label,
    short(median),
    range(min, max),
    String(repetitions),
  ]);
  const size = `${pages.toLocaleString("en")} ${pages === 1 ? "page" : "pages"}`;
  report.print(`### Cold start with ${size}: milliseconds since the question was asked`);
  report.print(table(["step done", "median, ms", "min–max", "n"], lines));
  return steps.find(({ name }) => name === "reply")?.median ?? Number.NaN;
}
