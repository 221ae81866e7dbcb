// The ways in: the popup by keyboard alone, the context menu, the keyboard commands.
//
// Menus and keys belong to the browser, not to a page; what a test can do without a window is to dispatch
// the browser's events in the worker. window.test.ts presses real keys.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { pressWith } from "./harness/controls.ts";
import { OF_PAGES, readTable } from "./harness/database.ts";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, pressAndClose, rows, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const ARTICLES = ["sourdough", "rye-bread", "honeybees", "volcano"];

let session: Session;
before(async () => {
  session = await Session.start();
  await session.readAll(ARTICLES.map(ownUrl));
  await session.extension.waitIndexed(90);
});
afterEach(() => session.tidy());
after(() => session.close());

test("the popup finds while one types, marks the words and opens the chosen page on Enter", async () => {
  const popup = await openPopup(session);
  // No click and no focus call: the box must have the focus by itself.
  await popup.keyboard.type("dancing scouts");
  const byWords = await waitForRows(popup, "dancing scouts");
  assert.equal(byWords[0]?.url, ownUrl("honeybees"));
  assert.ok(
    byWords[0]?.marks.some((mark) => /^(danc|scout)/i.test(mark)),
    `marked: ${byWords[0]?.marks}`,
  );
  assert.equal(byWords[0]?.why, "both");

  await pressWith(popup, "Control", "a");
  await popup.keyboard.type("leavened loaves");
  const found = await waitForRows(popup, "leavened loaves");
  const urls = found.map((row) => row.url);
  assert.ok(
    urls.slice(0, 2).includes(ownUrl("sourdough")) && urls.slice(0, 2).includes(ownUrl("rye-bread")),
    `bread first: ${urls}`,
  );
  await popup.keyboard.press("ArrowDown");
  const selected = await popup.$eval("[aria-selected=true]", (row) => (row as HTMLElement).dataset.url);
  assert.equal(selected, urls[1], "the arrow moved to the second row");
  const opened = session.chromium.browser.waitForTarget((target) => target.url().startsWith(urls[1] ?? "?"), {
    timeout: 10_000 * PATIENCE,
  });
  await pressAndClose(popup, "Enter");
  await opened;
});

test("Enter on a page that is open already goes to its tab", async () => {
  await session.open(ownUrl("volcano"));
  const pagesBefore = (await session.chromium.browser.pages()).length;
  const popup = await openPopup(session);
  await popup.keyboard.type("predicting eruptions");
  const [first] = await waitForRows(popup, "predicting eruptions");
  assert.equal(first?.url, ownUrl("volcano"));
  await pressAndClose(popup, "Enter");
  await until("its tab is the one in front", async () => {
    const tabs = await session.extension.page.evaluate(() =>
      chrome.tabs.query({ lastFocusedWindow: true, active: true }),
    );
    return tabs[0]?.url === ownUrl("volcano");
  });
  const pagesNow = (await session.chromium.browser.pages()).filter((each) => each !== popup).length;
  assert.equal(pagesNow, pagesBefore, "no second tab was opened");
});

test("Shift+Delete forgets the page and all of it at once, and Enter in its place takes that back", async () => {
  session.server.set(
    ownUrl("secret"),
    "<!doctype html><title>Surprise</title><p>A ukulele for the birthday of Aunt Petronella.</p>",
  );
  await session.read(ownUrl("secret"));
  await session.extension.waitIndexed(30);
  const id = (await session.extension.searchWords("ukulele")).hits[0]?.page ?? "";
  assert.notEqual(await tableWith(id), null, "it can be seen in the raw rows");
  const popup = await openPopup(session);
  await popup.keyboard.type("ukulele");
  assert.equal((await waitForRows(popup, "ukulele"))[0]?.url, ownUrl("secret"));
  await pressWith(popup, "Shift", "Delete");
  const undo = `[data-forgotten][data-page="${id}"][aria-selected=true]`;
  await popup.waitForSelector(undo, { timeout: 20_000 * PATIENCE });
  assert.deepEqual((await session.extension.searchWords("ukulele")).hits, []);
  await until("no row of any table names it", async () => (await tableWith(id)) === null);

  await popup.keyboard.press("Enter");
  await popup.waitForFunction((gone) => !document.querySelector(gone), { timeout: 20_000 * PATIENCE }, undo);
  assert.deepEqual(
    (await session.extension.searchWords("ukulele")).hits.map(({ page }) => page),
    [id],
  );
  assert.equal((await rows(popup))[0]?.page, id);
});

/** A table in which a key or a value holds a page's identifier. (Words are packed: the index's own tests look there.) */
async function tableWith(id: string): Promise<string | null> {
  for (const table of OF_PAGES) {
    const found = (await readTable(session.extension.page, table)).some(
      ({ key, value }) => key.includes(id) || value.includes(Buffer.from(id, "hex")),
    );
    if (found) return table;
  }
  return null;
}

test("the entries of the context menu are known to the browser, and no other", async () => {
  const known = (id: string) =>
    session.extension.page.evaluate(
      (entry) =>
        chrome.contextMenus.update(entry, {}).then(
          () => true,
          () => false,
        ),
      id,
    );
  for (const id of ["find-similar", "find-similar-link", "search-selection"])
    assert.ok(await known(id), `${id} is there`);
  assert.equal(await known("find-nothing"), false);
});

test("“Find similar pages” in the context menu shows them in the popup", async () => {
  await session.open(ownUrl("rye-bread"));
  const popup = await throughDoor(() =>
    session.worker.evaluate(async (url) => {
      const [tab] = await chrome.tabs.query({ url });
      const clicked = { menuItemId: "find-similar", pageUrl: url, editable: false };
      dispatch(chrome.contextMenus.onClicked, clicked, tab);
      function dispatch(event: unknown, ...args: unknown[]): void {
        (event as { dispatch: (...all: unknown[]) => void }).dispatch(...args);
      }
    }, ownUrl("rye-bread")),
  );
  const found = await waitForRows(popup, "", "similar");
  assert.equal(found[0]?.url, ownUrl("sourdough"));
  assert.ok(!found.some((row) => row.url === ownUrl("rye-bread")), "not the page itself");
  assert.match(await popup.$eval("#context-title", (title) => title.textContent ?? ""), /A Dark Rye Loaf/);
});

test("on selected text the context menu searches for it", async () => {
  await session.open(ownUrl("rye-bread"));
  const popup = await throughDoor(() =>
    session.worker.evaluate(async (url) => {
      const [tab] = await chrome.tabs.query({ url });
      const clicked = {
        menuItemId: "search-selection",
        selectionText: " predicting eruptions ",
        pageUrl: url,
      };
      dispatch(chrome.contextMenus.onClicked, clicked, tab);
      function dispatch(event: unknown, ...args: unknown[]): void {
        (event as { dispatch: (...all: unknown[]) => void }).dispatch(...args);
      }
    }, ownUrl("rye-bread")),
  );
  const found = await waitForRows(popup, "predicting eruptions");
  assert.equal(found[0]?.url, ownUrl("volcano"));
});

test("on a link the context menu shows pages similar to the linked one, or that it is not known", async () => {
  for (const [link, expected] of [
    [ownUrl("rye-bread"), "similar"],
    ["http://never-read.test/", "unknownPage"],
  ]) {
    await session.open(ownUrl("volcano"));
    const popup = await throughDoor(() =>
      session.worker.evaluate(
        async (url, linkUrl) => {
          const [tab] = await chrome.tabs.query({ url });
          const clicked = { menuItemId: "find-similar-link", linkUrl, pageUrl: url, editable: false };
          const event: unknown = chrome.contextMenus.onClicked;
          (event as { dispatch: (...all: unknown[]) => void }).dispatch(clicked, tab);
        },
        ownUrl("volcano"),
        link,
      ),
    );
    const found = await waitForRows(popup, "", "similar");
    const kind = await popup.$eval("#message", (message) => (message as HTMLElement).dataset.kind);
    assert.equal(kind === "" ? "similar" : kind, expected);
    if (expected === "similar") assert.equal(found[0]?.url, ownUrl("sourdough"));
    await session.tidy();
  }
});

test("the command “pause” pauses reading and goes on again", async () => {
  const press = () =>
    session.worker.evaluate(() => {
      const event: unknown = chrome.commands.onCommand;
      (event as { dispatch: (...all: unknown[]) => void }).dispatch("pause");
    });
  await session.extension.configure({ pausedUntil: Date.now() + 3_600_000 });
  await press();
  await until("it goes on", async () => !(await session.extension.state()).paused);
  await press();
  await until("it is paused", async () => (await session.extension.state()).settings.paused);
  await press();
  await until("it goes on again", async () => !(await session.extension.state()).paused);
});

test("the keyword in the address bar suggests pages by their words, opens one, or asks the question", async () => {
  session.server.set(
    "http://ampersand.test/",
    '<!doctype html><title>Bread &amp; <Butter> "Churn" \u0001</title><p>A loaf of pumpernickel.</p>',
  );
  await session.read("http://ampersand.test/");
  await session.extension.waitIndexed(30);
  const suggestions = await session.worker.evaluate(
    () =>
      new Promise<chrome.omnibox.SuggestResult[]>((resolve) => {
        const event: unknown = chrome.omnibox.onInputChanged;
        (event as { dispatch: (...all: unknown[]) => void }).dispatch("pumpernick", resolve);
      }),
  );
  assert.deepEqual(
    suggestions.map(({ content }) => content),
    ["http://ampersand.test/"],
  );
  assert.match(
    suggestions[0]?.description ?? "",
    /^Bread &amp; &lt;Butter&gt; &quot;Churn&quot;.* <url>ampersand\.test<\/url>$/,
  );
  const enter = (text: string) =>
    session.worker.evaluate((chosen) => {
      const event: unknown = chrome.omnibox.onInputEntered;
      (event as { dispatch: (...all: unknown[]) => void }).dispatch(chosen, "newForegroundTab");
    }, text);
  await session.tidy();
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url() === "http://ampersand.test/",
    { timeout: 15_000 * PATIENCE },
  );
  await enter("http://ampersand.test/");
  await opened;
  const popup = await throughDoor(() => enter("predicting eruptions"));
  const found = await waitForRows(popup, "predicting eruptions");
  assert.equal(found[0]?.url, ownUrl("volcano"));
});

test("the command “open panel” asks for it at once: a moment later the browser would refuse", async () => {
  await session.open(ownUrl("sourdough"));
  const asked = await session.worker.evaluate(async (url) => {
    const [tab] = await chrome.tabs.query({ url });
    const event: unknown = chrome.commands.onCommand;
    // Only a real key press counts as one, and no test has a hand: so the browser's part is played.
    const { open } = chrome.sidePanel;
    const windows: unknown[] = [];
    chrome.sidePanel.open = async (options: unknown) => void windows.push(options);
    (event as { dispatch: (...all: unknown[]) => void }).dispatch("open-panel", tab);
    const inTheSameTurn = [...windows];
    chrome.sidePanel.open = open;
    return { inTheSameTurn, windowId: tab?.windowId };
  }, ownUrl("sourdough"));
  assert.deepEqual(asked.inTheSameTurn, [{ windowId: asked.windowId }]);
  const commands = await session.extension.page.evaluate(() => chrome.commands.getAll());
  assert.ok(commands.some((command) => command.name === "open-panel"));
});

test("the command “find similar” does what the menu does", async () => {
  await session.open(ownUrl("sourdough"));
  const popup = await throughDoor(() =>
    session.worker.evaluate(async (url) => {
      const [tab] = await chrome.tabs.query({ url });
      dispatch(chrome.commands.onCommand, "find-similar", tab);
      function dispatch(event: unknown, ...args: unknown[]): void {
        (event as { dispatch: (...all: unknown[]) => void }).dispatch(...args);
      }
    }, ownUrl("sourdough")),
  );
  const found = await waitForRows(popup, "", "similar");
  assert.equal(found[0]?.url, ownUrl("rye-bread"));
});

test("the popup opens over a page and the shortcut is registered", async () => {
  await session.open(ownUrl("honeybees"));
  const popup = await throughDoor(() => session.worker.evaluate(() => chrome.action.openPopup()));
  await popup.waitForSelector("#query:focus");
  const commands = await session.extension.page.evaluate(() => chrome.commands.getAll());
  const shortcut = commands.find((command) => command.name === "_execute_action")?.shortcut;
  assert.equal(shortcut, "Alt+Shift+F");
});

/** Knocks on a door and gives the popup that opens. */
async function throughDoor(knock: () => Promise<unknown>): Promise<Page> {
  await session.extension.state();
  const opened = session.chromium.browser.waitForTarget(
    (target) => target.url().startsWith(session.extension.url("popup/popup.html")),
    { timeout: 15_000 * PATIENCE },
  );
  await knock();
  return (await opened).asPage();
}
