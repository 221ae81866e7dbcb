/** A Chromium for the content script's tests: fresh profile, no network but loopback. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** A running browser and how to end it. */
export interface Chromium {
  browser: Browser;
  /** A page in a window of its own, so that it stays visible while others are open. */
  newWindow(): Promise<Page>;
  close(): Promise<void>;
}

let covers = 0;

/** Puts another tab in front of `page`; gives a function that takes it away again. */
export async function hide(page: Page): Promise<() => Promise<void>> {
  covers += 1;
  const url = `about:blank#${covers}`;
  // With an opener Chromium hides the page but never tells it: no `visibilitychange`.
  await page.evaluate((to) => void window.open(to, "_blank", "noopener"), url);
  const cover = await page.browser().waitForTarget((target) => target.url() === url);
  await page.waitForFunction(() => document.visibilityState === "hidden", { polling: 50 });
  return async () => {
    await (await cover.page())?.close();
    await page.waitForFunction(() => document.visibilityState === "visible", { polling: 50 });
  };
}

/**
 * Starts the browser named by `CHROME`, or Debian's Chromium. With a port, names under `.test` are that port of
 * loopback.
 */
export async function startChromium(port?: number): Promise<Chromium> {
  const profile = await mkdtemp(path.join(tmpdir(), "afterimage-content-"));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROME ?? "/usr/bin/chromium",
    userDataDir: profile,
    headless: true,
    protocolTimeout: 120_000,
    args: [
      "--no-sandbox",
      "--headless=new",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      // Real pages ask for scripts and pictures of the whole web: all of that fails at once.
      `--host-resolver-rules=${port === undefined ? "" : `MAP *.test 127.0.0.1:${port}, `}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    ],
  });
  // One session for all windows: puppeteer loses the browser's target when one of several is detached.
  const session = await browser.target().createCDPSession();
  return {
    browser,
    async newWindow() {
      const { targetId } = await session.send("Target.createTarget", { url: "about:blank", newWindow: true });
      const target = await browser.waitForTarget(
        (candidate) => (candidate as unknown as { _targetId: string })._targetId === targetId,
      );
      const page = await target.page();
      if (page === null) throw new Error("Chromium opened no page.");
      page.setDefaultTimeout(60_000);
      // Some real pages greet with an alert or ask to stay, which would hold up everything.
      page.on("dialog", (dialog) => void dialog.accept().catch(() => {}));
      return page;
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
