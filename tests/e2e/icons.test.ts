// Icons of pages, from the browser's own cache and nowhere else: that nothing was asked of the network is asserted when
// the session ends.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PNG } from "pngjs";
import type { Page } from "puppeteer-core";
import { openPopup, openSurface, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const WITH = "http://with.test/";
const WITHOUT = "http://without.test/";
const GREEN = [0, 160, 64, 255];
const WAIT = { timeout: 20_000 * PATIENCE };

let session: Session;
before(async () => {
  session = await Session.start();
  const link = `<link rel="icon" href="data:image/png;base64,${square(GREEN).toString("base64")}">`;
  session.server.set(WITH, `<!doctype html><title>With</title>${link}<p>A jar of marmalade.</p>`);
  session.server.set(WITHOUT, "<!doctype html><title>Without</title><p>A spoon of marmalade.</p>");
  await session.readAll([WITH, WITHOUT]);
  await session.extension.waitIndexed(60);
});
after(() => session.close());

/** A picture of one colour. */
function square(colour: number[]): Buffer {
  const picture = new PNG({ width: 32, height: 32 });
  for (let at = 0; at < picture.data.length; at += colour.length) picture.data.set(colour, at);
  return PNG.sync.write(picture);
}

/** What stands before a page: the colour in the middle of its picture, or the letter of its tile. */
function shown(page: Page, url: string): Promise<number[] | string | null> {
  return page.evaluate((address) => {
    const tile = document.querySelector(`[data-url="${address}"] .row-icon`);
    const picture = tile?.querySelector("img");
    if (!picture) return tile?.textContent ?? null;
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas?.drawImage(picture, 8, 8, 1, 1, 0, 0, 1, 1);
    return [...(canvas?.getImageData(0, 0, 1, 1).data ?? [])];
  }, url);
}

/** Asks anew until the icon is there: the browser keeps it a moment after the page was read. */
function iconComes(what: string, open: () => Promise<Page>): Promise<Page> {
  return until(`the icon is in ${what}`, async () => {
    const page = await open();
    const looked = await until("the tiles are there", () => shown(page, WITH));
    if (Array.isArray(looked)) return page;
    // Not in the cache yet, or not drawn yet.
    const drawn = await page.waitForSelector(".row-icon.has-icon", { timeout: 2_000 }).catch(() => null);
    if (drawn) return page;
    await page.close();
    return false;
  });
}

test("a row shows its page's own icon, or the first letter of the site, never the browser's globe", async () => {
  const popup = await iconComes("the popup", async () => {
    const page = await openPopup(session);
    await page.keyboard.type("marmalade");
    await waitForRows(page, "marmalade");
    return page;
  });
  assert.deepEqual(await shown(popup, WITH), GREEN);
  assert.equal(await shown(popup, WITHOUT), "W");
});

test("so does a line of the timeline", async () => {
  const panel = await iconComes("the timeline", async () => {
    const page = await openSurface(session, "panel/panel.html");
    await page.click("#tab-days");
    await page.waitForSelector(`#timeline [data-url="${WITH}"]`, WAIT);
    return page;
  });
  assert.deepEqual(await shown(panel, WITH), GREEN);
  assert.equal(await shown(panel, WITHOUT), "W");
});
