// Pages that are open already when the extension may read at last, or is updated, are read without a reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "puppeteer-core";
import { loadUnpacked } from "./harness/browser.ts";
import { Extension } from "./harness/extension.ts";
import { ownUrl } from "./harness/pages.ts";
import { EXTENSION } from "./harness/paths.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

/** Longer than a page must be visible to be offered. */
const LONG_ENOUGH = 5_000;

test("a page that was opened before the welcome page was answered is found after the yes", async () => {
  const session = await Session.start({ settings: { consent: false } });
  try {
    const page = await session.open(ownUrl("tides"));
    const loaded = await momentOfLoading(page);
    // By now it was offered, and the answer was no.
    await sleep(LONG_ENOUGH);
    assert.equal(await session.arrived(), 0);

    const { extension } = session;
    await extension.page.bringToFront();
    await extension.page.click("#yes-button");
    await extension.page.waitForSelector("#accepted:not([hidden])");
    await until("the page arrived", async () => (await session.arrived()) === 1);
    await extension.waitIndexed(60);
    const { hits } = await extension.searchWords("Fundy");
    assert.deepEqual(
      hits.map((hit) => [hit.url, hit.visits]),
      [[ownUrl("tides"), 1]],
    );
    assert.equal(await momentOfLoading(page), loaded, "it was not loaded again");
  } finally {
    await session.close();
  }
});

test("a page that is open during an update is read on by the new version, and nothing twice", async () => {
  const session = await Session.start({ inPrivateWindows: true });
  try {
    const page = await session.read(ownUrl("spa"));
    const loaded = await momentOfLoading(page);
    await session.extension.waitIndexed(60);
    const before = await session.extension.rows("passages");

    // This closes the extension's pages as well.
    await loadUnpacked(session.chromium.cdp, EXTENSION);
    const renewed = await Extension.open(session.chromium);
    await page.bringToFront();
    await until(
      "the new version saw the page",
      async () => (await renewed.searchWords("juniper")).hits[0]?.visits === 2,
    );
    assert.deepEqual(await renewed.rows("passages"), before, "an unchanged text costs no work");

    await page.evaluate("goOn()");
    await until("the next view arrived", async () => {
      const { pages, queued } = await renewed.state();
      return pages + queued === 2;
    });
    await renewed.waitIndexed(60);
    const { hits } = await renewed.searchWords("juniper");
    assert.equal(hits[0]?.visits, 2, "neither script nor version counted it once more");
    assert.equal(await momentOfLoading(page), loaded, "it was not loaded again");
  } finally {
    await session.close();
  }
});

function momentOfLoading(page: Page): Promise<number> {
  return page.evaluate(() => performance.timeOrigin);
}
