// One run in a real window, with real keys and a real pointer: what no event sent by CDP can show, namely
// that the browser itself opens the popup by its shortcut, gives it the keyboard, and shows our entry in its
// context menu.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { Display } from "./harness/display.ts";
import { ownUrl } from "./harness/pages.ts";
import { waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

const ARTICLES = ["sourdough", "rye-bread", "honeybees"];

let display: Display;
let session: Session;
let reader: Page;
before(async () => {
  display = await Display.start();
  session = await Session.start({
    display: display.name,
    args: ["--window-position=0,0", "--window-size=1200,860"],
  });
  // One window and one tab in front, as for a person who reads one page after the other.
  reader = await session.chromium.browser.newPage();
  for (const [i, name] of ARTICLES.entries()) {
    await reader.bringToFront();
    await reader.goto(ownUrl(name));
    await until(`${name} arrived`, async () => (await session.arrived()) === i + 1);
  }
  await session.extension.waitIndexed(90);
});
after(async () => {
  await session?.close();
  display?.stop();
});

test("the shortcut opens the popup, typing finds, Enter opens the page", async () => {
  await reader.goto(ownUrl("rye-bread"));
  await reader.bringToFront();
  const popup = await popupAfter(() => display.press("alt+shift+f"));
  await display.type("insects voting on where to live");
  const [first] = await waitForRows(popup, "insects voting on where to live");
  assert.equal(first?.url, ownUrl("honeybees"));
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url().startsWith(ownUrl("honeybees")),
    { timeout: 20_000 * PATIENCE },
  );
  await display.press("Return");
  await opened;
  await until("the popup closed itself", async () => popup.isClosed());
});

test("the context menu's entry shows similar pages", async () => {
  await reader.goto(ownUrl("rye-bread"));
  await reader.bringToFront();
  const popup = await popupAfter(async () => {
    await display.click(600, 500, 3);
    // From the end upwards: Inspect, View page source, and the extensions' entries, of which ours is the one.
    for (const key of ["Up", "Up", "Up", "Return"]) {
      await sleep(300);
      await display.press(key);
    }
  });
  const found = await waitForRows(popup, "", "similar");
  assert.equal(found[0]?.url, ownUrl("sourdough"));
});

test("the popup knows the page in front, and its button opens the side panel beside it", async () => {
  await reader.goto(ownUrl("rye-bread"));
  await reader.bringToFront();
  const popup = await popupAfter(() => display.press("alt+shift+f"));
  await popup.waitForSelector("#page-button:not([hidden])", { timeout: 20_000 * PATIENCE });
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url() === session.extension.url("panel/panel.html"),
    { timeout: 20_000 * PATIENCE },
  );
  await popup.focus("#panel-button");
  await display.press("Return");
  const panel = await (await opened).asPage();
  await panel.waitForSelector("#similar-button:not([hidden])", { timeout: 20_000 * PATIENCE });
  await panel.click("#similar-button");
  const found = await waitForRows(panel, "", "similar");
  assert.equal(found[0]?.url, ownUrl("sourdough"));
});

test("the keyword in the address bar asks the question in the popup", async () => {
  await reader.bringToFront();
  const popup = await popupAfter(async () => {
    await display.press("ctrl+l");
    await display.type("af insects voting on where to live");
    await sleep(1_000);
    await display.press("Return");
  });
  const [first] = await waitForRows(popup, "insects voting on where to live");
  assert.equal(first?.url, ownUrl("honeybees"));
});

/** The popup that opens by what a person does. */
async function popupAfter(gesture: () => Promise<void>): Promise<Page> {
  await sleep(1_000);
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url().startsWith(session.extension.url("popup/popup.html")),
    { timeout: 20_000 * PATIENCE },
  );
  await gesture();
  const popup = await (await opened).asPage();
  await popup.waitForFunction(() => document.hasFocus(), { timeout: 20_000 * PATIENCE, polling: 50 });
  return popup;
}
