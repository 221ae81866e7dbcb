// Scrolling through everything that was read, and through all results of a question.

import { openSurface, waitForRows } from "../../e2e/harness/popup.ts";
import type { Session } from "../../e2e/harness/session.ts";
import { PATIENCE } from "../../e2e/harness/until.ts";
import { workOf } from "./work.ts";

/** Frames in one measurement, and measurements. */
const FRAMES = 20;
const ROUNDS = 15;
/** A wheel turned fast, px a frame; through the days it goes from the first to the last. */
const STEP = 120;
const WAIT = { timeout: 20_000 * PATIENCE, polling: 50 };

export interface Scrolled {
  rows: number;
  /** What the main thread did, a frame. */
  work: number[];
  between: number[];
}

export async function scrolling(
  session: Session,
  what: "days" | "results",
  pages: number,
): Promise<Scrolled> {
  const panel = await openSurface(session, "panel/panel.html");
  await panel.setViewport({ width: 380, height: 800 });
  const list = what === "days" ? "#timeline" : "#results";
  let rows = pages;
  if (what === "days") {
    await panel.click("#tab-days");
    await panel.waitForSelector("#timeline [data-page]", WAIT);
    rows = await panel.$eval("#timeline", (all) => Number((all as HTMLElement).dataset.total));
  } else {
    await panel.type("#query", "sourdough");
    await waitForRows(panel, "sourdough");
  }
  const work = await workOf(panel);
  const scrolled: Scrolled = { rows, work: [], between: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await work();
    const between = await panel.evaluate(
      async (selector, part, frames, step) => {
        const box = document.querySelector(selector);
        if (box === null) throw new Error(`no ${selector}`);
        const end = box.scrollHeight - box.clientHeight;
        const times: number[] = [];
        let last = await new Promise<number>(requestAnimationFrame);
        for (let frame = 1; frame <= frames; frame += 1) {
          box.scrollTop =
            part === null ? box.scrollTop + step : (end * (part.round + frame / frames)) / part.rounds;
          const now = await new Promise<number>(requestAnimationFrame);
          times.push(now - last);
          last = now;
        }
        return times;
      },
      list,
      what === "days" ? { round, rounds: ROUNDS } : null,
      FRAMES,
      STEP,
    );
    scrolled.work.push(((await work()) - before) / FRAMES);
    scrolled.between.push(...between);
  }
  if (what === "results") scrolled.rows = await panel.$$eval("#results [role=option]", (all) => all.length);
  await panel.close();
  return scrolled;
}
