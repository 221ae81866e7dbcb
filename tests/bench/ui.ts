// `./build.sh bench ui`: what a person waits for and what moves under the hand, in the real extension on an index with
// ten thousand pages.
//
//   --pages N         instead of 10000
//   --repetitions N   how often the popup is opened, instead of 20
//
// The popup is the browser's own, on a display that nobody looks at (without one it draws no frames). Work is the main
// thread's processor time, so that other programs on the machine do not count; waiting is what a clock shows.

import { parseArgs } from "node:util";
import { Display } from "../e2e/harness/display.ts";
import { Session } from "../e2e/harness/session.ts";
import { machine } from "./report/machine.ts";
import { progress, Report, run } from "./report/report.ts";
import { quantile, timing } from "./report/statistics.ts";
import { range, short, table } from "./report/table.ts";
import { fillIndex } from "./ui/index.ts";
import { openings } from "./ui/opening.ts";
import { scrolling } from "./ui/scrolling.ts";
import { typing } from "./ui/typing.ts";

/** DESIGN, section 7. */
const USABLE_MS = 100;
/** The issue's: so many titles within so many seconds. */
const TITLES = 10_000;
const TITLES_S = 10;
/** Half of a frame at 60 a second: the rest is for drawing it. */
const FRAME_WORK_MS = 8;
/** From there on a task is felt. */
const KEY_WORK_MS = 50;
/** As long as an answer feels immediate. */
const WORDS_MS = 100;

const { values } = parseArgs({
  options: {
    pages: { type: "string", default: "10000" },
    repetitions: { type: "string", default: "20" },
  },
});

function whole(name: "pages" | "repetitions"): number {
  const value = Number(values[name]);
  if (!(Number.isInteger(value) && value > 0))
    throw new Error(`--${name} is a whole number from 1, not ${values[name]}`);
  return value;
}

/** A line of the table. */
interface Line {
  what: string;
  times: readonly number[];
}

await run(async () => {
  const [pages, repetitions] = [whole("pages"), whole("repetitions")];
  const report = new Report("ui");
  if (process.argv.length > 2) report.partial(process.argv.slice(2).join(" "));
  const display = await Display.start();
  try {
    const session = await Session.start({
      display: display.name,
      args: ["--window-position=0,0", "--window-size=1200,860"],
      prepare: (profile) => fillIndex.history(profile, pages),
    });
    try {
      const browser = await session.chromium.browser.version();
      const taken = await fillIndex.wait(session, pages);
      progress("opening the popup");
      const opened = await openings(session, repetitions);
      progress("typing");
      const typed = await typing(session);
      progress("scrolling");
      const list = await scrolling(session, "days", pages);
      const found = await scrolling(session, "results", pages);

      tell(report, `### Popup and panel, ${pages.toLocaleString("en")} pages: milliseconds`, [
        { what: "click → popup drawn, the box has the focus", times: opened.usable },
        { what: "of that, the browser's own, until the page begins", times: opened.begun },
        { what: "click → what is remembered is told", times: opened.told },
        { what: "key → rows by words", times: typed.words },
        { what: "last key → rows by meaning, the pause of 150 ms included", times: typed.meaning },
        { what: "work of the popup a key", times: typed.work },
        {
          what: `work a frame, scrolling through ${list.rows.toLocaleString("en")} pages by day`,
          times: list.work,
        },
        { what: "between two frames there", times: list.between },
        { what: `work a frame, scrolling through ${found.rows} results`, times: found.work },
        { what: "between two frames there", times: found.between },
      ]);
      const titles = `${pages.toLocaleString("en")} titles of the history found by their words`;
      report.row({ what: titles, unit: "s", measured: taken });
      if (pages === TITLES) report.atMost(titles, taken, TITLES_S, "s");
      // What the browser does before it begins with the page hangs on the machine and not on us; it is in the table.
      const ours = opened.usable.map((ms, n) => ms - (opened.begun[n] ?? Number.NaN));
      report.atMost("popup usable after its page began, warm worker, p50", p(ours, 0.5), USABLE_MS, "ms");
      report.atMost("key → rows by words, p95", p(typed.words, 0.95), WORDS_MS, "ms");
      report.atMost("work of the popup a key, p95", p(typed.work, 0.95), KEY_WORK_MS, "ms");
      report.atMost("work a frame, all pages by day, p95", p(list.work, 0.95), FRAME_WORK_MS, "ms");
      report.atMost("work a frame, results, p95", p(found.work, 0.95), FRAME_WORK_MS, "ms");
      return report.finish(machine(browser));
    } finally {
      await session.close();
    }
  } finally {
    display.stop();
  }
});

function p(times: readonly number[], share: number): number {
  return quantile(
    times.toSorted((a, b) => a - b),
    share,
  );
}

function tell(report: Report, title: string, lines: readonly Line[]): void {
  report.print(title);
  const rows = lines.map(({ what, times }) => {
    const { median, min, max, repetitions } = timing(times);
    const p95 = p(times, 0.95);
    report.row({ what, unit: "ms", median, p95, min, max, repetitions });
    return [what, short(median), short(p95), range(min, max), String(repetitions)];
  });
  report.print(table(["", "p50, ms", "p95, ms", "min–max", "n"], rows));
}
