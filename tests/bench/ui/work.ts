// The work of a page's main thread, by its own clock.

import type { Page } from "puppeteer-core";

/** Gives what asks for the processor time that the page's main thread has used so far, ms. */
export async function workOf(page: Page): Promise<() => Promise<number>> {
  const cdp = await page.createCDPSession();
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
}
