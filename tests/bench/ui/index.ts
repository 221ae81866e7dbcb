// An index of a size that people have after a year: titles out of the browser's history, and some articles.

import { articleNames } from "../../e2e/harness/articles.ts";
import { fillHistory } from "../../e2e/harness/history.ts";
import { ownUrl } from "../../e2e/harness/pages.ts";
import type { Session } from "../../e2e/harness/session.ts";
import { until } from "../../e2e/harness/until.ts";
import { progress } from "../report/report.ts";

const DAY = 24 * 3600 * 1000;
/** The browser tells of three months. */
const DAYS = 80;
const FIRST = "How to,Why we,A guide to,Notes on,What is,The history of,Ten ways to,Understanding".split(",");
const DEED = "keep,repair,bake,plant,record,teach,measure,forget,name,build,paint,translate".split(",");
const THING =
  "sourdough starters,old bicycles,honey bees,small boats,night trains,tomato plants,wooden windows,city maps,fountain pens,choirs".split(
    ",",
  );
const WHERE =
  "in winter,at home,on an island,without money,with children,after a storm,in a small kitchen".split(",");

/** The n-th title; every question of the benchmark has words of many. */
function title(n: number): string {
  const of = (words: readonly string[], step: number): string =>
    words[Math.floor(n / step) % words.length] ?? "";
  return `${of(FIRST, 1)} ${of(DEED, 3)} ${of(THING, 7)} ${of(WHERE, 11)}, part ${n}`;
}

/** Long enough for ten thousand titles at the throttle, s. */
const EMBEDDED = 600;

export const fillIndex = {
  history(profile: string, count: number): Promise<void> {
    return fillHistory(
      profile,
      Array.from({ length: count }, (_, n) => ({
        url: `http://site${n % 90}.example.test/${n}`,
        title: title(n),
        seenAt: Date.now() - 3_600_000 - n * ((DAYS * DAY) / count),
        visits: 1 + (n % 3),
      })),
    );
  },

  /**
   * Reads articles, takes the history in, and waits for all vectors; then nothing else is at work. Resolves with the
   * seconds until all titles could be found by their words.
   */
  async wait(session: Session, count: number): Promise<number> {
    await session.readAll(articleNames().map(ownUrl));
    await session.extension.waitIndexed(120);
    const begun = performance.now();
    await session.extension.ask({ type: "backfill", action: "start", history: true, bookmarks: false });
    await until(
      "the history was taken in",
      async () => {
        const { backfill } = await session.extension.state();
        progress(`taking in titles ${backfill.added}/${count}`);
        return backfill.phase === "done";
      },
      120,
      100,
    );
    const seconds = (performance.now() - begun) / 1_000;
    await session.extension.waitIndexed(EMBEDDED, ({ passages, unembedded }) =>
      progress(`embedding ${passages - unembedded}/${passages}`),
    );
    return seconds;
  },
};
