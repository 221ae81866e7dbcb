// The side panel, opened as a page: the search with more room, similar pages that follow the tab in front, and the
// timeline.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { pressWith } from "./harness/controls.ts";
import { ownUrl } from "./harness/pages.ts";
import { openSurface, rows, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

const ARTICLES = ["sourdough", "rye-bread", "honeybees", "volcano"];
const PANEL = "panel/panel.html";
/** Jumps through the timeline, each of which shows nothing of what was there before. */
const FRAMES = 200;
/** How long a frame is at 60 a second, ms. */
const FRAME = 1000 / 60;
const WAIT = { timeout: 20_000 * PATIENCE };

let session: Session;
before(async () => {
  session = await Session.start();
  await session.readAll(ARTICLES.map(ownUrl));
  await session.extension.waitIndexed(90);
});
afterEach(() => session.tidy());
after(() => session.close());

test("the manifest offers it to the browser as the side panel", async () => {
  const options = await session.worker.evaluate(() => chrome.sidePanel.getOptions({}));
  assert.equal(options.path, PANEL);
  assert.equal(options.enabled, true);
});

test("it searches as the popup does, and stays", async () => {
  const panel = await openSurface(session, PANEL);
  await panel.keyboard.type("predicting eruptions");
  const [first] = await waitForRows(panel, "predicting eruptions");
  assert.equal(first?.url, ownUrl("volcano"));
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url().startsWith(ownUrl("volcano")),
    WAIT,
  );
  await panel.keyboard.press("Enter");
  await opened;
  assert.equal((await rows(panel))[0]?.url, ownUrl("volcano"));
});

test("if asked, it shows what is similar to each page that comes to the front", async () => {
  await session.open(ownUrl("rye-bread"));
  await session.open(ownUrl("sourdough"));
  const panel = await openSurface(session, PANEL, ownUrl("rye-bread"));
  await panel.waitForSelector("#similar-button:not([hidden])", WAIT);
  // Whoever asks for it now wants it in place of what was typed before.
  await panel.keyboard.type("eruptions");
  await waitForRows(panel, "eruptions");
  await panel.click("#follow");
  const isFirst = (url: string) =>
    until(`${url} is the most similar`, async () => (await rows(panel))[0]?.url === url);
  await isFirst(ownUrl("sourdough"));

  const comesToFront = (url: string) =>
    panel.evaluate((front) => {
      (globalThis as { front?: string }).front = front;
      const event: unknown = chrome.tabs.onActivated;
      (event as { dispatch: (...all: unknown[]) => void }).dispatch({ tabId: 1, windowId: 1 });
    }, url);
  await comesToFront(ownUrl("sourdough"));
  await isFirst(ownUrl("rye-bread"));

  // A page that has only just come is not known yet; it is compared when it is.
  await session.extension.configure({ paused: true });
  const fresh = await session.open(ownUrl("tides"));
  await comesToFront(ownUrl("tides"));
  await panel.waitForSelector("#message[data-kind=unknownPage]", WAIT);
  await session.extension.configure({ paused: false });
  await fresh.reload();
  await panel.waitForSelector("#results:not([hidden]) [role=option]", WAIT);

  // What was typed is not taken away.
  await panel.click("#query");
  await panel.keyboard.type("eruptions");
  await waitForRows(panel, "eruptions");
  await comesToFront(ownUrl("rye-bread"));
  await sleep(1_000);
  await waitForRows(panel, "eruptions");
  await panel.keyboard.press("Escape");
  await panel.click("#follow");
  await comesToFront(ownUrl("sourdough"));
  await sleep(1_000);
  assert.deepEqual(await rows(panel), [], "it follows no longer");
});

test("the timeline shows all pages by day; keys open a page, forget it, and forget the day", async () => {
  // The test before this one opened another page.
  if ((await session.extension.state()).pages < 5) await session.read(ownUrl("tides"));
  await session.extension.waitIndexed(60);
  const panel = await openTimeline();
  await panel.waitForSelector("#timeline[data-total='5']", WAIT);
  await panel.waitForFunction(() => document.querySelectorAll("#timeline [data-page]").length === 5, WAIT);
  const lines = await panel.$$eval("#timeline .line", (all) =>
    all.map((line) => [(line as HTMLElement).dataset.url ?? "day", line.getAttribute("aria-posinset")]),
  );
  assert.deepEqual(
    lines.map(([, place]) => place),
    ["1", "2", "3", "4", "5", "6"],
  );
  assert.equal(lines[0]?.[0], "day");
  assert.match(await panel.$eval(".day", (day) => day.textContent ?? ""), /today · 5 pages/i);

  await panel.keyboard.press("ArrowDown");
  const active = lines[1]?.[0] ?? "";
  const opened = session.chromium.browser.waitForTarget((target) => target.url().startsWith(active), WAIT);
  await panel.keyboard.press("Enter");
  await opened;
  await panel.bringToFront();
  await pressWith(panel, "Shift", "Delete");
  await until("it is forgotten", async () => (await session.extension.state()).pages === 4);

  await panel.keyboard.press("Home");
  await pressWith(panel, "Shift", "Delete");
  await panel.waitForSelector("dialog[open]", WAIT);
  assert.match(await panel.$eval("dialog", (dialog) => dialog.textContent ?? ""), /4 pages/);
  await panel.keyboard.press("Escape");
  await panel.waitForFunction(() => document.querySelector("dialog") === null, WAIT);
  assert.equal((await session.extension.state()).pages, 4);
  await panel.focus("#timeline");
  await pressWith(panel, "Shift", "Delete");
  await panel.waitForSelector("dialog[open]", WAIT);
  await panel.click("dialog .danger");
  await until("the day is forgotten", async () => (await session.extension.state()).pages === 0);
  await panel.waitForSelector("#timeline[hidden]", WAIT);
});

test("in the timeline, too, a page that was forgotten last can be taken back in its place", async () => {
  const urls = [ownUrl("volcano"), ownUrl("honeybees")];
  for (const url of urls) await session.read(url);
  await session.extension.waitIndexed(60);
  const panel = await openTimeline();
  const lines = () =>
    panel.$$eval("#timeline [data-page]", (all) =>
      all.map((line) => {
        const { url, forgotten, index } = (line as HTMLElement).dataset;
        return { url, undo: forgotten !== undefined, gone: line.matches(".row-gone"), index: Number(index) };
      }),
    );
  const shown = async (what: string, wanted: string[]) => {
    await until(what, async () => {
      const now = (await lines()).sort((a, b) => a.index - b.index);
      return now.map(({ undo, gone }) => (undo ? "undo" : gone ? "gone" : "kept")).join() === wanted.join();
    });
    assert.deepEqual((await lines()).map(({ url }) => url).sort(), [...urls].sort(), "each keeps its line");
  };
  const pages = async () => (await session.extension.state()).pages;
  const [first, second] = ["[data-index='1']", "[data-index='2']"];
  await shown("both are there", ["kept", "kept"]);

  // By the pointer.
  await panel.hover(first);
  await panel.click(`${first} [data-action=forget]`);
  await shown("the first is forgotten", ["undo", "kept"]);
  assert.equal(await pages(), 1);
  assert.equal(await panel.$("dialog"), null, "nobody was asked");
  await panel.click("#tab-search");
  await panel.click("#tab-days");
  await shown("it is still offered", ["undo", "kept"]);
  await panel.click(`${first} .row-undo`);
  await shown("it is back", ["kept", "kept"]);
  assert.equal(await pages(), 2);

  // By keys: only the last can be taken back.
  await panel.focus("#timeline");
  await panel.keyboard.press("Home");
  await panel.keyboard.press("ArrowDown");
  await pressWith(panel, "Shift", "Delete");
  await shown("the first is forgotten again", ["undo", "kept"]);
  await panel.keyboard.press("ArrowDown");
  await pressWith(panel, "Shift", "Delete");
  await shown("the second is forgotten", ["gone", "undo"]);
  assert.equal(await pages(), 0);
  await panel.keyboard.press("Enter");
  await shown("the second is back", ["gone", "kept"]);
  const kept = await panel.$eval(second, (line) => (line as HTMLElement).dataset.url ?? "");
  assert.deepEqual((await session.extension.ask({ type: "page", url: kept })).page?.url, kept);

  // When one comes back, the list is laid out anew.
  await panel.click("#tab-search");
  await panel.click("#tab-days");
  await panel.waitForSelector("#timeline[data-total='1']", WAIT);
});

test("of the search and the timeline only the one that forgot last offers to take back", async () => {
  await session.extension.ask({ type: "forget", scope: "everything" });
  await session.readAll([ownUrl("sourdough"), ownUrl("volcano")]);
  await session.extension.waitIndexed(60);
  const panel = await openSurface(session, PANEL);
  await panel.keyboard.type("predicting eruptions");
  const [found] = await waitForRows(panel, "predicting eruptions");
  assert.equal(found?.url, ownUrl("volcano"));
  await pressWith(panel, "Shift", "Delete");
  await panel.waitForSelector("#results [data-forgotten]", WAIT);

  await panel.click("#tab-days");
  await panel.waitForSelector("#timeline [data-page]", WAIT);
  await panel.focus("#timeline");
  await panel.keyboard.press("Home");
  await panel.keyboard.press("ArrowDown");
  await pressWith(panel, "Shift", "Delete");
  await panel.waitForSelector("#timeline [data-forgotten]", WAIT);
  assert.equal(await panel.$("#results [data-forgotten]"), null);
  await pressWith(panel, "Control", "z");
  await panel.waitForSelector("#timeline [data-page]:not(.row-gone)", WAIT);
  const { page } = await session.extension.ask({ type: "page", url: ownUrl("volcano") });
  assert.equal(page, null, "what was forgotten first is gone for good");
});

async function openTimeline(): Promise<Page> {
  const panel = await openSurface(session, PANEL);
  await panel.click("#tab-days");
  return panel;
}

/**
 * The timeline of ten thousand pages. The background's part in it is tested natively; here it answers at once, of pages
 * that need not be read first.
 */
async function openTenThousand(): Promise<Page> {
  const panel = await session.chromium.browser.newPage({ type: "window" });
  await panel.setViewport({ width: 380, height: 800 });
  await panel.evaluateOnNewDocument(() => {
    const all = Array.from({ length: 10_000 }, (_, n) => ({
      page: String(n),
      url: `https://example.org/${n}`,
      site: "example.org",
      title: `Page ${n}`,
      firstSeen: 0,
      lastSeen: Date.now() - n * 1_800_000,
      visits: 1,
      passages: 2,
      language: null,
      pinned: false,
    }));
    const send = chrome.runtime.sendMessage.bind(chrome.runtime) as (message: unknown) => Promise<unknown>;
    type Asked = { type: "pages"; offset: number; limit: number } | { type: "forget"; page: string };
    const answer = async (message: { request: Asked }) => {
      const { request } = message;
      if (request.type === "forget") {
        all.splice(
          all.findIndex(({ page }) => page === request.page),
          1,
        );
        return { ok: { type: "forgotten", pages: 1, undo: true } };
      }
      if (request.type !== "pages") return send(message);
      const { offset, limit } = request;
      const seen = offset === 0 ? all.map(({ lastSeen }) => lastSeen) : [];
      return { ok: { type: "pages", total: all.length, seen, rows: all.slice(offset, offset + limit) } };
    };
    Object.defineProperty(chrome.runtime, "sendMessage", { value: answer });
  });
  await panel.goto(session.extension.url(PANEL));
  await panel.click("#tab-days");
  await panel.waitForSelector("#timeline[data-total='10000'] [data-page='0']", WAIT);
  return panel;
}

test("with 10,000 pages only what is in sight exists, and scrolling leaves half of each frame free", async () => {
  const panel = await openTenThousand();

  const cdp = await panel.createCDPSession();
  // The thread's own time: the machine may be busy with other things.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async (): Promise<number> => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
  const begin = await worked();
  const most = await panel.evaluate(async (frames) => {
    const list = document.querySelector<HTMLElement>("#timeline");
    if (list === null) throw new Error("no timeline");
    let lines = 0;
    const end = list.scrollHeight - list.clientHeight;
    for (let step = 1; step <= frames; step += 1) {
      list.scrollTop = (end * step) / frames;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      lines = Math.max(lines, document.querySelectorAll("#timeline .line").length);
    }
    return lines;
  }, FRAMES);
  const perFrame = ((await worked()) - begin) / FRAMES;
  await cdp.detach();
  console.log(`${perFrame.toFixed(1)} ms of work a frame, ${most} lines at once`);
  assert.ok(most < 80, `${most} lines at once`);
  assert.ok(perFrame < FRAME / 2, `${perFrame} ms of work a frame`);
  await panel.waitForSelector("#timeline [data-page='9999']", WAIT);

  await panel.focus("#timeline");
  await panel.keyboard.press("Home");
  await panel.keyboard.press("End");
  const last = await panel.$eval("#timeline", (list) =>
    document.getElementById(list.getAttribute("aria-activedescendant") ?? "")?.getAttribute("data-page"),
  );
  assert.equal(last, "9999");
  const before = await panel.$eval("#timeline", (list) => list.getAttribute("aria-activedescendant"));
  await panel.keyboard.press("PageUp");
  assert.notEqual(
    await panel.$eval("#timeline", (list) => list.getAttribute("aria-activedescendant")),
    before,
  );
});

test("pages that are fetched after one was forgotten have their own lines, since that one keeps its line", async () => {
  const panel = await openTenThousand();
  await panel.focus("#timeline");
  await panel.keyboard.press("Home");
  await panel.keyboard.press("ArrowDown");
  await pressWith(panel, "Shift", "Delete");
  await panel.waitForSelector("[data-page='0'][data-forgotten]", WAIT);
  await panel.keyboard.press("End");
  await panel.waitForSelector("[data-page='9999'][aria-selected=true]", WAIT);
});
