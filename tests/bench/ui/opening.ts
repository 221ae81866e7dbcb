// From the click on the button to the popup that one can type into.

import { ownUrl } from "../../e2e/harness/pages.ts";
import type { Session } from "../../e2e/harness/session.ts";
import { PATIENCE, sleep } from "../../e2e/harness/until.ts";
import { progress } from "../report/report.ts";

export interface Opened {
  /** Drawn for the first time, and the search box has the focus. */
  usable: number[];
  /** Of that: until the browser began with its page. */
  begun: number[];
  /** How much is remembered stands in it. */
  told: number[];
}

export async function openings(session: Session, repetitions: number): Promise<Opened> {
  const opened: Opened = { usable: [], begun: [], told: [] };
  const page = await session.open(ownUrl("tides"));
  for (let n = 0; n < repetitions; n += 1) {
    progress(`opening the popup ${n + 1}/${repetitions}`);
    await page.bringToFront();
    // The worker is warm: it was asked just now.
    await session.extension.state();
    await sleep(500);
    const target = session.chromium.browser.waitForTarget(
      (each) => each.url() === session.extension.url("popup/popup.html"),
      { timeout: 20_000 * PATIENCE },
    );
    // What the button's click does, and the moment of it.
    const clicked = await session.worker.evaluate(async () => {
      const clicked = performance.timeOrigin + performance.now();
      await chrome.action.openPopup();
      return clicked;
    });
    const popup = await (await target).asPage();
    await popup.waitForFunction(() => performance.getEntriesByName("state").length > 0, {
      timeout: 20_000 * PATIENCE,
      polling: 50,
    });
    const seen = await popup.evaluate(async () => {
      const drawn = await new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const entry = list.getEntriesByName("first-contentful-paint")[0];
          if (entry) resolve(entry.startTime);
        }).observe({ type: "paint", buffered: true });
      });
      const at = (mark: string): number => performance.getEntriesByName(mark)[0]?.startTime ?? Number.NaN;
      return { origin: performance.timeOrigin, drawn, focus: at("focus"), state: at("state") };
    });
    opened.usable.push(seen.origin + Math.max(seen.drawn, seen.focus) - clicked);
    opened.begun.push(seen.origin - clicked);
    opened.told.push(seen.origin + seen.state - clicked);
    await popup.close().catch(() => undefined);
  }
  await page.close();
  return opened;
}
