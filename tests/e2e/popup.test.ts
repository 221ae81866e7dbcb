// What the popup offers besides finding: passages, filters, pins, and what one decides for the page in front.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { pressWith } from "./harness/controls.ts";
import { holdMeaning, openPopup, pressAndClose, rows, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

/** Twice what a visible page needs to be read. */
const LONG_ENOUGH = 6_000;
/** What a page must be in sight before it is read when nobody asks, ms. */
const UNASKED = 3_000;
const WAIT = { timeout: 20_000 * PATIENCE };
const LONG = "http://long.test/";
const OTHER = "http://www.other.test/";

let session: Session;
before(async () => {
  session = await Session.start();
  const filler = "<p>Nothing of note happens in this paragraph, which is here to fill the page.</p>".repeat(
    60,
  );
  const wanted =
    "<h2>Of towers</h2><p>The yeoman feeds the six ravens of the fortress every morning, with raw meat and " +
    "biscuits soaked in blood, so that none of them is tempted to leave it for the city.</p>";
  session.server.set(LONG, `<!doctype html><title>A long page</title>${filler}${wanted}${filler}`);
  session.server.set(OTHER, "<!doctype html><title>Elsewhere</title><p>Some ravens live in a forest.</p>");
  await session.readAll([LONG, OTHER]);
  await session.extension.waitIndexed(90);
});
afterEach(async () => {
  await session.tidy();
  await session.extension.configure({ sites: [], manual: false, paused: false, pausedUntil: null });
});
after(() => session.close());

/** How far a page is scrolled, and what is selected on it. */
function place(page: Page): Promise<{ scrolled: number; selected: string }> {
  return page.evaluate(() => ({ scrolled: scrollY, selected: String(getSelection()) }));
}

test("a result opens at its passage: in a new tab by a text fragment", async () => {
  const popup = await openPopup(session);
  await popup.keyboard.type("yeoman biscuits");
  await waitForRows(popup, "yeoman biscuits");
  const opened = session.chromium.browser.waitForTarget((target) => target.url().startsWith(LONG), WAIT);
  await pressAndClose(popup, "Enter");
  const page = await (await opened).asPage();
  await until("the page is scrolled to it", async () => (await place(page)).scrolled > 500);
});

test("Ctrl+Enter opens results behind, one after the other, and the popup stays with its rows", async () => {
  const popup = await openPopup(session);
  await popup.keyboard.type("ravens");
  const found = await waitForRows(popup, "ravens");
  assert.deepEqual(found.map(({ url }) => url).sort(), [LONG, OTHER]);
  for (const { url } of found) {
    await pressWith(popup, "Control", "Enter");
    const tabs = await until(`${url} is opened`, async () => {
      const open = await session.extension.page.evaluate(
        (address) => chrome.tabs.query({ url: `${address}*` }),
        url,
      );
      return open.length > 0 && open;
    });
    assert.deepEqual(
      tabs.map(({ active }) => active),
      [false],
    );
    await popup.keyboard.press("ArrowDown");
  }
  await popup.waitForFunction(
    () => document.querySelector("#announcement")?.textContent === "Opened in a new tab",
    WAIT,
  );
  assert.equal(await popup.evaluate(() => document.visibilityState), "visible");
  assert.ok(await popup.$("#query:focus"), "one can type on");
  assert.deepEqual(await rows(popup), found);
});

test("a tab that is open already is scrolled to the passage, which is selected", async () => {
  const page = await session.open(LONG);
  const popup = await openPopup(session);
  await popup.keyboard.type("yeoman biscuits");
  await waitForRows(popup, "yeoman biscuits");
  await pressAndClose(popup, "Enter");
  await until("it is scrolled", async () => (await place(page)).scrolled > 500);
  const { selected } = await place(page);
  assert.match(selected, /^The yeoman feeds .* for the city\.$/s);
  assert.ok(!page.url().includes(":~:"));
});

test("the row that a person chose stays in its place when the answer by meaning comes", async () => {
  // Two have the words, one has the meaning.
  const texts = [
    "Stale Bread are a band from Goes. Stale Bread goes on tour: stale jokes, loud drums, and no bread at all.",
    "Old timetables list a bread van that goes to the harbour at six, and a stale notice about its driver.",
    "Starch crystallises within a day or two after baking, which is why a loaf turns hard and dry in the cupboard.",
  ];
  const urls = texts.map((words, at) => serve(`loaf-${at}.test`, `Number ${at}`, words));
  await session.readAll(urls);
  await session.extension.waitIndexed(60);
  const question = "why bread goes stale";
  const popup = await openPopup(session);
  const letIn = await holdMeaning(popup);
  await popup.keyboard.type(question);
  await popup.waitForSelector(`#results[data-mode=words][data-query="${question}"] [role=option]`, WAIT);
  await popup.keyboard.press("ArrowDown");
  const chosen = () =>
    popup.$eval("[role=option][aria-selected=true]", (row) => ({
      url: (row as HTMLElement).dataset.url,
      top: row.getBoundingClientRect().top,
    }));
  const before = await chosen();
  const byWords = (await rows(popup)).map(({ url }) => url);
  assert.equal(before.url, byWords[1]);
  const { hits } = await session.extension.search(question);
  assert.notEqual(hits[1]?.url, before.url, "by meaning it would be elsewhere");

  await letIn();
  const merged = (await waitForRows(popup, question)).map(({ url }) => url);
  assert.notDeepEqual(merged, byWords, "other rows moved");
  const after = await chosen();
  assert.equal(after.url, before.url);
  assert.ok(Math.abs(after.top - before.top) <= 1, `from ${before.top} to ${after.top}`);
});

test("chips limit the results to a time and to a site, which also may be typed", async () => {
  const popup = await openPopup(session);
  await popup.keyboard.type("ravens");
  const found = await waitForRows(popup, "ravens");
  assert.deepEqual(found.map(({ url }) => url).sort(), [LONG, OTHER]);
  const shows = (urls: string[]) =>
    until(`${urls} are shown`, async () => (await rows(popup)).map(({ url }) => url).join() === urls.join());

  await popup.keyboard.press("ArrowDown");
  const selected = await popup.$eval("[aria-selected=true]", (row) => (row as HTMLElement).dataset.url ?? "");
  await popup.click("#only-site");
  await shows([selected]);
  assert.equal(await popup.$eval("#site-filter", (box) => (box as HTMLInputElement).value), hostOf(selected));

  await popup.click("#site-filter", { count: 3 });
  await popup.keyboard.type("https://WWW.other.test/x\n");
  await shows([OTHER]);
  // Nothing but filters lists what they let through.
  await popup.click("#query", { count: 3 });
  await popup.keyboard.press("Backspace");
  await shows([OTHER]);
  await popup.click("[data-period=today]");
  await shows([OTHER]);
  assert.equal(await popup.$eval("[data-period=today]", (chip) => chip.getAttribute("aria-pressed")), "true");
  await popup.keyboard.press("Escape");
  await popup.waitForSelector("#message[data-kind=empty]", WAIT);
});

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^www\./, "");
}

test("Alt+P keeps a page from retention, and no longer", async () => {
  const popup = await openPopup(session);
  await popup.keyboard.type("yeoman");
  await waitForRows(popup, "yeoman");
  for (const pinned of [true, false]) {
    await pressWith(popup, "Alt", "p");
    await until("the pin is set", async () => (await status(LONG)).page?.pinned === pinned);
    await popup.waitForFunction(
      (on) => document.querySelector("[role=option]")?.hasAttribute("data-pinned") === on,
      WAIT,
      pinned,
    );
  }
});

function status(url: string) {
  return session.extension.ask({ type: "page", url });
}

/** Opens the popup over a page, with what is known of that page. */
async function openThisPage(url: string): Promise<Page> {
  const popup = await openPopup(session, url);
  await popup.waitForSelector("#page-button:not([hidden])", WAIT);
  await popup.click("#page-button");
  await popup.waitForSelector("#this-page:not([data-state='']) #page-line", WAIT);
  return popup;
}

function serve(name: string, title: string, text: string): string {
  const url = `http://${name}/`;
  session.server.set(url, `<!doctype html><title>${title}</title><p>${text}</p>`);
  return url;
}

test("“this page” says what is kept; a stricter level shows what goes, and takes a yes to forget it", async () => {
  const url = serve("gossip.test", "Gossip", "The duchess owns a trombone.");
  await session.read(url);
  await session.extension.waitIndexed(30);
  const popup = await openThisPage(url);
  await popup.waitForSelector("#this-page[data-state=kept]", WAIT);
  await popup.click("#level-never");
  await popup.waitForSelector("dialog[open]", WAIT);
  assert.match(await popup.$eval("dialog", (dialog) => dialog.textContent ?? ""), /1 page\b.*Gossip/s);
  // Enter is on "Leave it".
  await popup.keyboard.press("Enter");
  await popup.waitForSelector("#level-full:checked", WAIT);
  assert.equal((await status(url)).rule, null);

  await popup.click("#level-title");
  await popup.waitForSelector("dialog[open]", WAIT);
  await popup.click("dialog .danger");
  await popup.waitForSelector("#this-page[data-state=title]", WAIT);
  assert.deepEqual((await session.extension.searchWords("trombone")).hits, []);

  await popup.click("#level-never");
  await popup.waitForSelector("dialog[open]", WAIT);
  await popup.click("dialog .danger");
  await popup.waitForSelector("#this-page[data-state=skipped][data-skip=excluded]", WAIT);
  assert.equal((await status(url)).page, null);
});

test("in manual mode “remember it now” reads the page in front at once", async () => {
  await session.extension.configure({ manual: true });
  const url = serve("wanted.test", "Wanted", "A recipe for quince jelly.");
  const page = await session.open(url);
  await sleep(LONG_ENOUGH);
  const popup = await openThisPage(url);
  await popup.waitForSelector("#this-page[data-skip=manual] #remember-button", WAIT);
  await page.bringToFront();
  await popup.click("#remember-button");
  const start = Date.now();
  await until("it is known", async () => {
    const { page: kept, queued } = await status(url);
    return queued || kept !== null;
  });
  assert.ok(Date.now() - start < UNASKED, `it took ${Date.now() - start} ms`);
  await popup.waitForSelector("#this-page[data-state=kept], #this-page[data-state=queued]", WAIT);
  await session.extension.waitIndexed(30);
  assert.equal((await session.extension.searchWords("quince")).hits[0]?.url, url);
});

test("what the page shows keeps it from being read, though one asks", async () => {
  await session.extension.configure({ manual: true });
  const url = serve("login.test", "Log in", 'Who are you? <input type="password">');
  await session.open(url);
  const popup = await openThisPage(url);
  await popup.waitForSelector("#remember-button", WAIT);
  await popup.click("#remember-button");
  await popup.waitForFunction(
    () => /password/.test(document.querySelector("#page-note")?.textContent ?? ""),
    WAIT,
  );
  assert.equal((await status(url)).page, null);
});

test("the page in front can be forgotten and taken back", async () => {
  const popup = await openThisPage(await opened(OTHER));
  await popup.waitForSelector("#forget-button", WAIT);
  await popup.click("#forget-button");
  await popup.waitForSelector("#undo-button", WAIT);
  assert.equal((await status(OTHER)).page, null);
  await popup.click("#undo-button");
  await popup.waitForSelector("#this-page[data-state=kept]", WAIT);
});

async function opened(url: string): Promise<string> {
  await session.open(url);
  return url;
}

test("pausing for an hour, until tomorrow, until one goes on", async () => {
  const popup = await openPopup(session);
  await popup.waitForSelector("#pause:not([hidden])", WAIT);
  const choose = async (choice: string) => {
    await popup.select("#pause", choice);
    await popup.waitForFunction(
      (chosen) => {
        const select = document.querySelector<HTMLSelectElement>("#pause");
        return select?.value === "now" && select.hasAttribute("data-paused") === (chosen !== "resume");
      },
      WAIT,
      choice,
    );
    return (await session.extension.state()).settings;
  };
  const hour = await choose("hour");
  assert.ok(Math.abs((hour.pausedUntil ?? 0) - Date.now() - 3_600_000) < 60_000 && !hour.paused);
  await popup.waitForFunction(
    // After eleven at night the hour ends on another day, which is named.
    () => /paused until (\w+,? )?\d/.test(document.querySelector("#status")?.textContent ?? ""),
    WAIT,
  );
  const morning = new Date((await choose("tomorrow")).pausedUntil ?? 0);
  assert.deepEqual([morning.getHours(), morning.getMinutes()], [6, 0]);
  assert.ok(morning.getTime() > Date.now() && morning.getTime() <= Date.now() + 25 * 3_600_000);
  const always = await choose("always");
  assert.deepEqual([always.paused, always.pausedUntil], [true, null]);
  const resumed = await choose("resume");
  assert.deepEqual([resumed.paused, resumed.pausedUntil], [false, null]);
});
