// Access to pages that a person has taken away in the browser's own settings: it is said where it matters, the browser is
// asked for it within the click, and when it is back, pages that are open are read.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { nameless } from "./harness/controls.ts";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, openSurface } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

/** Twice what a visible page needs to be read. */
const LONG_ENOUGH = 6_000;
const WAIT = { timeout: 20_000 * PATIENCE };
const SITES = ["http://*/*", "https://*/*"];
const SHOWN = "#access:not([hidden])";

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(async () => {
  await session.tidy();
  await session.extension.configure({ consent: true });
  await allow("ON_ALL_SITES");
});
after(() => session.close());

/** Chooses under "Site access", as a person does on the browser's page for extensions. */
async function allow(hostAccess: "ON_CLICK" | "ON_ALL_SITES"): Promise<void> {
  const { browser, extensionId } = session.chromium;
  const page = await browser.newPage();
  await page.goto("chrome://extensions");
  await page.evaluate(
    async (change) => {
      const { developerPrivate } = chrome as unknown as {
        developerPrivate: { updateExtensionConfiguration(change: object): Promise<void> };
      };
      await developerPrivate.updateExtensionConfiguration(change);
    },
    { extensionId, hostAccess },
  );
  await page.close();
  await until("it holds", async () => {
    const all = await session.extension.page.evaluate(
      (origins) => chrome.permissions.contains({ origins }),
      SITES,
    );
    return all === (hostAccess === "ON_ALL_SITES");
  });
}

/** Presses the button; what the browser was asked for before the click was over, and refused. */
function press(page: Page): Promise<unknown[]> {
  return page.evaluate(() => {
    const asked: unknown[] = [];
    // Only a real click counts as one, and no test has a hand to allow it: so the browser's part is played.
    chrome.permissions.request = async (what: chrome.permissions.Permissions) => {
      asked.push(what);
      return false;
    };
    document.querySelector<HTMLElement>("#access-button")?.click();
    return [...asked];
  });
}

async function openSheet(over?: string): Promise<Page> {
  const popup = await openPopup(session, over);
  await popup.waitForSelector("#page-button:not([hidden])", WAIT);
  await popup.click("#page-button");
  return popup;
}

test("with access nothing is said", async () => {
  const url = ownUrl("tides");
  await session.open(url);
  const popup = await openSheet(url);
  await popup.waitForSelector("#this-page:not([data-state=''])", WAIT);
  const options = await openSurface(session, "options/options.html");
  await options.waitForSelector("#counts dd", WAIT);
  const welcome = await openSurface(session, "welcome/welcome.html");
  await welcome.waitForSelector("#accepted:not([hidden])", WAIT);
  for (const page of [popup, options, welcome]) assert.equal(await page.$(SHOWN), null, page.url());
});

test("without access it is said after the yes, in the options, and of the page in front", async () => {
  await session.extension.configure({ consent: false });
  await allow("ON_CLICK");
  const welcome = await openSurface(session, "welcome/welcome.html");
  await sleep(1_000);
  assert.equal(await welcome.$(SHOWN), null, "not before consent");
  await welcome.click("#yes-button");
  const options = await openSurface(session, "options/options.html");
  // The browser does not tell now which page is in front.
  const popup = await openSheet(ownUrl("tides"));
  const panel = await openSurface(session, "panel/panel.html");
  await panel.waitForSelector("#page-button:not([hidden])", WAIT);
  await panel.click("#page-button");
  for (const page of [welcome, options, popup, panel]) {
    await page.waitForSelector(SHOWN, WAIT);
    assert.deepEqual(await nameless(page), []);
    assert.deepEqual(await press(page), [{ origins: SITES }]);
    await page.waitForSelector("#access-status:not(:empty)", WAIT);
    assert.ok(await page.$(SHOWN), "refused, it stays");
  }
});

test("when access comes back the notice goes, and what is open is read without a reload", async () => {
  await allow("ON_CLICK");
  const page = await session.open(ownUrl("volcano"));
  await sleep(LONG_ENOUGH);
  assert.equal(await session.arrived(), 0);
  const options = await openSurface(session, "options/options.html");
  await options.waitForSelector(SHOWN, WAIT);
  await options.focus("#access-button");
  await allow("ON_ALL_SITES");
  await options.waitForSelector("#access[hidden]", WAIT);
  assert.equal(
    await options.evaluate(() => document.activeElement?.id),
    "privacy",
    "the focus is not lost with the button",
  );
  const loaded = await momentOfLoading(page);
  await page.bringToFront();
  await until("the page arrived", async () => (await session.arrived()) === 1);
  assert.equal(await momentOfLoading(page), loaded);
});

function momentOfLoading(page: Page): Promise<number> {
  return page.evaluate(() => performance.timeOrigin);
}
