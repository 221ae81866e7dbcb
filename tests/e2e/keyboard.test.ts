// Popup and panel without a pointer: Tab leads to every control in the order in which one reads, arrows through tabs.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, openSurface, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE } from "./harness/until.ts";

const ARTICLES = ["sourdough", "rye-bread", "honeybees", "volcano"];
const PANEL = "panel/panel.html";
const WAIT = { timeout: 20_000 * PATIENCE };

let session: Session;
before(async () => {
  session = await Session.start();
  await session.readAll(ARTICLES.map(ownUrl));
  await session.extension.waitIndexed(90);
});
afterEach(() => session.tidy());
after(() => session.close());

/**
 * The controls in sight in the order of the document, each by its id or its words; those that arrow keys reach (other
 * tabs, other radio buttons of a group) left out.
 */
function controls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    for (const element of document.querySelectorAll("[data-stop]")) element.removeAttribute("data-stop");
    const inSight = [
      ...document.querySelectorAll<HTMLElement>(
        "a[href], button, input, select, textarea, summary, [tabindex='0']",
      ),
    ].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const stops = inSight.filter(
      (element) =>
        !element.matches("[role=tab]:not([aria-selected=true])") &&
        !(element.matches("[type=radio]") && !element.matches(":checked")),
    );
    for (const [at, element] of stops.entries())
      element.dataset.stop = `${at}: ${element.id || element.textContent}`;
    return stops.map(({ dataset }) => dataset.stop ?? "");
  });
}

/** Where Tab leads, from the control that has the focus until it has it again. */
async function walk(page: Page, limit: number): Promise<string[]> {
  const here = (): Promise<string> =>
    page.evaluate(() => {
      const active = document.activeElement;
      if (!(active instanceof HTMLElement) || active === document.body) return "";
      return active.dataset.stop ?? `no control: ${active.outerHTML.slice(0, 80)}`;
    });
  const start = await here();
  const passed: string[] = [];
  for (let pressed = 0; pressed < limit; pressed += 1) {
    await page.keyboard.press("Tab");
    const now = await here();
    // After the last one the focus is the browser's for a moment.
    if (now !== "") passed.push(now);
    if (now === start) return passed;
  }
  throw new Error(`${limit} times Tab did not lead back to ${start}, but to ${passed.join(", ")}`);
}

/** Pairs of neighbours of which the second does not stand below or behind the first. */
function outOfOrder(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const stops = [...document.querySelectorAll<HTMLElement>("[data-stop]")];
    return stops.flatMap((stop, at) => {
      const next = stops[at + 1];
      if (!next) return [];
      const [first, second] = [stop.getBoundingClientRect(), next.getBoundingClientRect()];
      const behind = second.left >= first.right && second.bottom > first.top;
      return behind || second.top >= first.bottom ? [] : [`${next.dataset.stop} after ${stop.dataset.stop}`];
    });
  });
}

/** Tab reaches all that is in sight, and nothing else, from top to bottom. */
async function assertReached(page: Page, atLeast: number): Promise<void> {
  const expected = await controls(page);
  assert.ok(expected.length >= atLeast, `only ${expected}`);
  const passed = await walk(page, 3 * expected.length);
  const begin = expected.indexOf(passed[0] ?? "");
  assert.deepEqual(passed, [...expected.slice(begin), ...expected.slice(0, begin)]);
  assert.deepEqual(await outOfOrder(page), []);
}

test("in the popup Tab reaches every control, in reading order", async () => {
  await session.open(ownUrl("volcano"));
  const popup = await openPopup(session, ownUrl("volcano"));
  await popup.waitForSelector("#page-button:not([hidden])", WAIT);
  await popup.waitForSelector("#pause:not([hidden])", WAIT);
  // Search box, five chips, tips, and six in the footer.
  await assertReached(popup, 11);
});

test("also with results and with what is known of the page in front", async () => {
  await session.open(ownUrl("volcano"));
  const popup = await openPopup(session, ownUrl("volcano"));
  await popup.keyboard.type("bread");
  await waitForRows(popup, "bread");
  await popup.waitForSelector("#pause:not([hidden])", WAIT);
  await popup.click("#page-button");
  await popup.waitForSelector("#forget-button", WAIT);
  await assertReached(popup, 14);
});

test("in the panel, too, beside results and in the list of days", async () => {
  await session.open(ownUrl("volcano"));
  const panel = await openSurface(session, PANEL, ownUrl("volcano"));
  await panel.keyboard.type("bread");
  await waitForRows(panel, "bread");
  await panel.waitForSelector("#page-button:not([hidden])", WAIT);
  await panel.waitForSelector("#pause:not([hidden])", WAIT);
  await assertReached(panel, 11);
  await panel.click("#tab-days");
  await panel.waitForSelector("#timeline [data-page]", WAIT);
  await assertReached(panel, 7);
});

test("arrow keys, Home and End go through the panel's tabs, of which one is a stop of Tab", async () => {
  const panel = await openSurface(session, PANEL);
  await panel.focus("#tab-search");
  for (const [key, tab] of [
    ["ArrowRight", "days"],
    ["ArrowRight", "search"],
    ["ArrowLeft", "days"],
    ["ArrowLeft", "search"],
    ["End", "days"],
    ["Home", "search"],
  ] as const) {
    await panel.keyboard.press(key);
    const tabs = await panel.$$eval("[role=tab]", (all) =>
      all.map((each) => ({
        id: each.id,
        selected: each.getAttribute("aria-selected") === "true",
        stop: (each as HTMLElement).tabIndex === 0,
        focused: each === document.activeElement,
        shown: !document.getElementById(each.getAttribute("aria-controls") ?? "")?.hidden,
      })),
    );
    const expected = ["search", "days"].map((name) => {
      const on = name === tab;
      return { id: `tab-${name}`, selected: on, stop: on, focused: on, shown: on };
    });
    assert.deepEqual(tabs, expected, `after ${key}`);
  }
});
