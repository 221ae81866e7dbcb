// Who asks the system for less motion sees none: nothing fades, slides or runs to and fro.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { openSurface } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE } from "./harness/until.ts";

const SURFACES = ["popup/popup.html", "panel/panel.html", "options/options.html", "welcome/welcome.html"];
const WAIT = { timeout: 20_000 * PATIENCE };

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(() => session.tidy());
after(() => session.close());

interface Motion {
  /** The longest that anything on the page takes to change, in seconds. */
  longest: number;
  /** Something scrolls smoothly. */
  smooth: boolean;
}

async function motionOf(page: Page, wanted: "reduce" | "no-preference"): Promise<Motion> {
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: wanted }]);
  return page.evaluate(() => {
    // Computed times are always in seconds.
    const longestOf = (times: string): number => Math.max(...times.split(",").map(Number.parseFloat));
    const styles = [...document.querySelectorAll("*")].flatMap((element) =>
      [null, "::before", "::after", "::backdrop"].map((part) => getComputedStyle(element, part)),
    );
    return {
      longest: Math.max(
        ...styles.map(({ transitionDuration, animationDuration, animationName }) =>
          Math.max(
            longestOf(transitionDuration),
            animationName === "none" ? 0 : longestOf(animationDuration),
          ),
        ),
      ),
      smooth: styles.some(({ scrollBehavior }) => scrollBehavior === "smooth"),
    };
  });
}

for (const file of SURFACES)
  test(`nothing moves in ${file} for who wants no motion`, async () => {
    const page = await openSurface(session, file);
    await page.waitForSelector("#status:not(:empty), #counts dd, #accepted:not([hidden])", WAIT);
    const usual = await motionOf(page, "no-preference");
    assert.ok(usual.longest > 0.05, `what would move takes ${usual.longest} s`);
    assert.equal(usual.smooth, file.startsWith("options"));
    assert.deepEqual(await motionOf(page, "reduce"), { longest: 0, smooth: false });
  });
