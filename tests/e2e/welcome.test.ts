// The welcome page: its demonstration answers before consent and stores nothing, and what is chosen there holds
// from the first page on.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { Chromium } from "./harness/browser.ts";
import { nameless, tabTo } from "./harness/controls.ts";
import { readTable } from "./harness/database.ts";
import { PageServer } from "./harness/pages.ts";
import { EXTENSION } from "./harness/paths.ts";
import { openPopup } from "./harness/popup.ts";
import { assertNothingRemains } from "./harness/remains.ts";
import { Session } from "./harness/session.ts";
import { storedTexts } from "./harness/texts.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

/** Twice what a visible page needs to be read. */
const LONG_ENOUGH = 6_000;
/** A word that is in no text of ours. */
const ODD = "quuxberry";
const WAIT = { timeout: 60_000 * PATIENCE };

let session: Session;
before(async () => {
  session = await Session.start({ settings: { consent: false } });
});
afterEach(async () => {
  await session.tidy();
  await session.extension.ask({ type: "forget", scope: "everything" });
  await session.extension.configure({ consent: false, level: "full", manual: false });
});
after(() => session.close());

async function welcome(): Promise<Page> {
  const { page } = session.extension;
  await page.reload();
  await page.bringToFront();
  await page.waitForSelector("#question:not([hidden])", WAIT);
  return page;
}

async function choose(level: "full" | "title" | "manual"): Promise<void> {
  const page = await welcome();
  await page.click(`[name=level][value=${level}]`);
  await page.click("#yes-button");
  await page.waitForSelector("#accepted:not([hidden])", WAIT);
}

function article(name: string): string {
  const url = `http://${name}.test/`;
  session.server.set(url, `<!doctype html><title>Title ${name}</title><p>The ${ODD} of ${name} is ripe.</p>`);
  return url;
}

async function found(words: string): Promise<string[]> {
  return (await session.extension.searchWords(words)).hits.map(({ url }) => url);
}

test("the browser opens it by itself when the extension is installed", async () => {
  const server = await PageServer.start();
  const chromium = await Chromium.launch({ extension: EXTENSION, port: server.port });
  try {
    const url = `chrome-extension://${chromium.extensionId}/welcome/welcome.html`;
    const target = await chromium.browser.waitForTarget((opened) => opened.url() === url, WAIT);
    const page = await target.asPage();
    await page.waitForSelector("#question:not([hidden])", WAIT);
    assert.equal(chromium.browser.targets().filter((opened) => opened.url() === url).length, 1);
  } finally {
    await chromium.close();
    await server.stop();
  }
});

test("before it is answered the popup only leads to it", async () => {
  const popup = await openPopup(session);
  await popup.waitForSelector("#message[data-kind=consent]", WAIT);
  assert.ok(await popup.$("#chips[hidden]"), "there is nothing to look through");
  const url = session.extension.url("welcome/welcome.html");
  const before = new Set(session.chromium.browser.targets());
  await popup.click("#welcome-button");
  const opened = await session.chromium.browser.waitForTarget(
    (target) => target.url() === url && !before.has(target),
    WAIT,
  );
  await (await opened.asPage()).waitForSelector("#question:not([hidden])", WAIT);
});

test("the demonstration answers by meaning, and nothing of it or of a page is stored before yes", async () => {
  const page = await welcome();
  await page.$eval("#demo-question", (field) => {
    (field as HTMLInputElement).value = "";
  });
  await page.type("#demo-question", `Can I take my bike on the railway? ${ODD}`);
  await page.keyboard.press("Enter");
  const best = await page.waitForSelector("#demo-answer li[data-sentence]", WAIT);
  assert.match((await best?.evaluate((line) => line.textContent)) ?? "", /bicycles must reserve/);
  const marked = await page.$$eval("#sample mark", (marks) => marks.map((mark) => mark.textContent));
  assert.equal(marked.length, 1);
  assert.match(marked[0] ?? "", /bicycles must reserve/);
  const cosines = await page.$$eval("#demo-answer li", (lines) =>
    lines.map((line) => Number((line as HTMLElement).dataset.cosine)),
  );
  assert.equal(cosines.length, 3);
  assert.deepEqual(
    [...cosines].sort((a, b) => b - a),
    cosines,
  );

  await session.open(article("unread"));
  await sleep(LONG_ENOUGH);
  await assertNothingRemains(page);
  for (const { key, value } of await readTable(page, "meta"))
    assert.ok(!value.toString("latin1").includes(ODD), `${key} has what was asked`);
});

test("an empty question is not asked, and another answer takes the place of the first", async () => {
  const page = await welcome();
  const ask = async (question: string): Promise<void> => {
    await page.$eval("#demo-question", (field) => {
      (field as HTMLInputElement).value = "";
    });
    await page.type("#demo-question", question);
    await page.keyboard.press("Enter");
  };
  await ask(" ");
  assert.equal(await page.$("#demo-answer li"), null);
  await ask("When was the tower at the sea put up?");
  await page.waitForFunction(
    () => /1871/.test(document.querySelector("#sample mark")?.textContent ?? ""),
    WAIT,
  );
  await ask("Who looked after the lamp?");
  await page.waitForFunction(
    () => /keeper climbed/.test(document.querySelector("#sample mark")?.textContent ?? ""),
    WAIT,
  );
});

test("“everything” keeps the text", async () => {
  await choose("full");
  const url = article("whole");
  await session.read(url);
  await session.extension.waitIndexed(30);
  assert.deepEqual(await found(ODD), [url]);
  assert.ok(
    (await storedTexts(session.extension.page)).join().includes(ODD),
    "it can be seen in the raw rows",
  );
});

test("“only titles” keeps no text of the very first page", async () => {
  await choose("title");
  const url = article("titled");
  await session.read(url);
  await session.extension.waitIndexed(30);
  assert.deepEqual(await found("titled"), [url]);
  assert.deepEqual(await found(ODD), []);
  assert.ok(!(await storedTexts(session.extension.page)).join().includes(ODD));
});

test("“only pages that I ask for” reads nothing by itself", async () => {
  await choose("manual");
  assert.ok(await session.extension.page.$("#done-manual:not([hidden])"), "the page says how to ask");
  const url = article("asked");
  await session.open(url);
  await until(
    "the page was offered",
    async () => (await session.extension.ask({ type: "page", url })).skip === "manual",
  );
  await sleep(LONG_ENOUGH);
  assert.deepEqual(await readTable(session.extension.page, "queue"), []);
  assert.deepEqual(await readTable(session.extension.page, "pages"), []);
});

test("it can be answered with the keyboard alone, and everything has a name", async () => {
  const page = await welcome();
  assert.deepEqual(await nameless(page), []);
  await tabTo(page, "[name=level]");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "#no-button");
  await page.keyboard.press("Enter");
  await tabTo(page, "#reconsider-button");
  await page.keyboard.press("Enter");
  await tabTo(page, "#yes-button");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#accepted:not([hidden])", WAIT);
  const { settings } = await session.extension.state();
  assert.deepEqual([settings.consent, settings.level, settings.manual], [true, "title", false]);
  assert.deepEqual(await nameless(page), []);
});
