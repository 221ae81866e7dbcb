// Everything into a file in one profile, and out of it in another: found there by words and by meaning, with no passage
// embedded anew. And whatever is wrong with a file, nothing is changed and the page says what it is.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { ElementHandle, Page } from "puppeteer-core";
import { archiveOf } from "./harness/archive.ts";
import { articleNames } from "./harness/articles.ts";
import { nameless } from "./harness/controls.ts";
import { OF_PAGES, type Row } from "./harness/database.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const WAIT = { timeout: 60_000 * PATIENCE, polling: 50 } as const;
const PASSPHRASE = "a heron on the weir";
/** Found by its meaning: the words are others. */
const QUESTION = { text: "maintenance of pushbikes", page: ownUrl("bicycle-chain") };

let folder: string;
let from: Session;
let into: Session;
/** The file, as it is and sealed. */
let plain: Buffer;
let sealed: Buffer;

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "afterimage-transfer-"));
  [from, into] = await Promise.all([Session.start(), Session.start()]);
  await from.readAll(articleNames().map(ownUrl));
  await from.extension.waitIndexed(120);
  const { page } = await from.extension.ask({ type: "page", url: QUESTION.page });
  await from.extension.ask({ type: "pin", page: page?.page ?? "", pinned: true });
  await from.extension.ask({ type: "setSite", site: "tabloid.test", level: "never" });
});
after(async () => {
  await Promise.all([from.close(), into.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function optionsOf(session: Session): Promise<Page> {
  const page = await session.chromium.browser.newPage({ type: "window" });
  await page.setViewport({ width: 1000, height: 900 });
  await page.goto(session.extension.url("options/options.html"));
  await page.waitForSelector("#counts dd", WAIT);
  return page;
}

async function says(page: Page, selector: string, words: RegExp): Promise<string> {
  await page.waitForFunction(
    (at, source) => new RegExp(source).test(document.querySelector(at)?.textContent ?? ""),
    WAIT,
    selector,
    words.source,
  );
  return page.$eval(selector, (element) => element.textContent ?? "");
}

/** Presses a key on a control: other sections may still grow above it, and move it away under a pointer. */
async function press(page: Page, selector: string, key: "Enter" | "Space"): Promise<void> {
  await page.focus(selector);
  await page.keyboard.press(key);
}

/** Exports with the page's own controls; gives the file that the browser saved. */
async function exported(passphrase: string): Promise<Buffer> {
  const downloads = await mkdtemp(path.join(folder, "downloads-"));
  await from.chromium.cdp.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: downloads,
  });
  const page = await optionsOf(from);
  assert.deepEqual(await nameless(page), []);
  if (passphrase !== "") {
    await page.type("#export-passphrase", passphrase);
    await page.type("#export-again", `${passphrase}!`);
    await page.keyboard.press("Enter");
    await says(page, "#export-problem", /differ/);
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
  } else {
    await press(page, "#export-button", "Enter");
  }
  const said = await says(page, "#export-status", /\.afterimage/);
  assert.match(said, new RegExp(`${articleNames().length} pages`));
  const focused = () => page.evaluate(() => document.activeElement?.id);
  assert.equal(await focused(), passphrase === "" ? "export-button" : "export-again", "given back");
  const name = await until("the file is saved", async () =>
    (await readdir(downloads)).find((file) => file.endsWith(".afterimage")),
  );
  assert.match(name, /^afterimage-\d{4}-\d\d-\d\d\.afterimage$/);
  const file = path.join(downloads, name);
  await until("all of it is saved", async () => (await stat(file)).size > 0);
  await page.close();
  return readFile(file);
}

test("everything is saved in a file, sealed if one likes", async (t) => {
  plain = await exported("");
  sealed = await exported(PASSPHRASE);
  t.diagnostic(`${articleNames().length} articles: ${plain.length} bytes, sealed ${sealed.length}`);
  assert.ok(plain.subarray(0, 10).equals(Buffer.from("Afterimage")));
  assert.ok(sealed.length > plain.length && sealed.length < plain.length + 1000);
});

let page: Page;
beforeEach(async () => {
  if (plain !== undefined) page = await optionsOf(into);
});
afterEach(async () => {
  await page?.close();
});

/** Chooses a file in the page. */
async function choose(bytes: Buffer): Promise<void> {
  const file = path.join(folder, "chosen.afterimage");
  await writeFile(file, bytes);
  const input = (await page.$("#import-file")) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(file);
}

async function unseal(passphrase: string): Promise<void> {
  await page.waitForSelector("#import-passphrase", { ...WAIT, visible: true });
  await page.$eval("#import-passphrase", (field) => {
    (field as HTMLInputElement).value = "";
  });
  await page.type("#import-passphrase", passphrase);
  await page.keyboard.press("Enter");
}

function fact(name: string): Promise<string> {
  return page.$eval(`#import-contents [data-fact=${name}]`, (cell) => cell.textContent ?? "");
}

/** Everything that is kept, as fingerprints. */
async function kept(): Promise<Row[][]> {
  return Promise.all([...OF_PAGES, "meta" as const].map((table) => into.extension.rows(table)));
}

describe("what is wrong with a file", () => {
  const files: [what: string, file: () => Buffer, passphrase: string | null, says: RegExp][] = [
    ["garbage", () => Buffer.from("not one of ours, by far"), null, /no file that Afterimage/],
    ["an empty file", () => Buffer.alloc(0), null, /no file that Afterimage/],
    ["cut off in the middle", () => plain.subarray(0, plain.length / 2), null, /not complete/],
    ["without its end", () => plain.subarray(0, plain.length - 20), null, /not complete/],
    ["a flipped bit", () => flipped(plain, plain.length / 2), null, /damaged/],
    ["something behind its end", () => Buffer.concat([plain, Buffer.from("x")]), null, /damaged/],
    ["a newer version", () => flipped(plain, 14, 3), null, /newer version/],
    ["another passphrase", () => sealed, "a heron on the bank", /does not open/],
    ["sealed and cut off", () => sealed.subarray(0, sealed.length - 20), PASSPHRASE, /damaged|not complete/],
    ["sealed, a flipped bit", () => flipped(sealed, sealed.length / 2), PASSPHRASE, /damaged/],
  ];
  for (const [what, file, passphrase, words] of files)
    test(what, async () => {
      const before = await kept();
      await choose(file());
      if (passphrase !== null) await unseal(passphrase);
      const said = await says(page, "#import-problem", words);
      assert.match(said, /Nothing was changed/);
      assert.equal(await page.$eval("#import-contents", (form) => (form as HTMLElement).hidden), true);
      assert.deepEqual(await kept(), before);
      assert.equal((await into.extension.state()).pages, 0);
    });
});

function flipped(file: Buffer, at: number, bits = 1): Buffer {
  const changed = Buffer.from(file);
  const place = Math.floor(at);
  changed[place] = (changed[place] ?? 0) ^ bits;
  return changed;
}

test("one sees what is in a file before it comes in, and then finds all of it without embedding", async () => {
  const count = articleNames().length;
  await choose(sealed);
  await unseal("wrong");
  await says(page, "#import-problem", /does not open/);
  await unseal(PASSPHRASE);
  await page.waitForSelector("#import-contents:not([hidden])", WAIT);
  assert.match(await fact("pages"), new RegExp(`^${count} `));
  assert.equal(await fact("sites"), String(count));
  assert.equal(await fact("pinned"), "1");
  assert.equal(await fact("rules"), "1");
  assert.ok((await fact("period")).includes(String(new Date().getFullYear())));
  assert.equal((await into.extension.state()).pages, 0, "until then nothing is changed");
  assert.deepEqual(await nameless(page), []);

  // Paused, nothing is embedded; so what is found by meaning came along.
  await into.extension.configure({ paused: true });
  await press(page, "#import-button", "Enter");
  await says(page, "#import-status", new RegExp(`Done: ${count} pages added`));
  const [there, here] = [await from.extension.state(), await into.extension.state()];
  assert.deepEqual([here.pages, here.passages, here.unembedded], [there.pages, there.passages, 0]);
  for (const session of [from, into]) {
    const { hits } = await session.extension.search(QUESTION.text);
    assert.equal(hits[0]?.url, QUESTION.page);
    assert.notEqual(hits[0]?.why, "words");
  }
  for (const name of articleNames()) {
    const url = ownUrl(name);
    const [a, b] = [
      await from.extension.ask({ type: "page", url }),
      await into.extension.ask({ type: "page", url }),
    ];
    assert.deepEqual(b.page, a.page, "times, visits and pins, too");
  }
  const { settings } = await into.extension.state();
  assert.deepEqual(
    settings.sites,
    [{ site: "tabloid.test", level: "never" }],
    "into an empty profile: settings, too",
  );
  assert.equal(settings.paused, true, "but for those of the moment");
  await into.extension.configure({ paused: false });
});

test("a second time nothing is there twice, and what the rules forbid is left out", async () => {
  const count = articleNames().length;
  await into.extension.ask({ type: "setSite", site: "volcano.own.test", level: "never" });
  await choose(plain);
  await page.waitForSelector("#import-contents:not([hidden])", WAIT);
  const takes = await page.$eval("#import-settings", (box) => (box as HTMLInputElement).checked);
  assert.equal(takes, false, "where pages are, settings stay unless asked for");
  await press(page, "#import-button", "Enter");
  await says(page, "#import-status", new RegExp(`${count - 1} were here already · 1 left out`));
  assert.equal((await into.extension.state()).pages, count - 1);
  assert.equal((await into.extension.searchWords("volcano")).hits.length, 0);
});

test("rules of the file show what they would forget before they hold", async () => {
  await into.extension.ask({ type: "setSite", site: "tabloid.test", level: null });
  into.server.set("http://tabloid.test/", "<!doctype html><title>Gossip</title><p>A walrus in the news.</p>");
  await (await into.read("http://tabloid.test/")).close();
  await page.bringToFront();
  await choose(plain);
  await page.waitForSelector("#import-contents:not([hidden])", WAIT);
  await press(page, "#import-settings", "Space");
  await press(page, "#import-button", "Enter");
  await page.waitForSelector("#confirm[open]", WAIT);
  assert.match(await page.$eval("#confirm", (dialog) => dialog.textContent ?? ""), /Gossip/);
  await page.click("#confirm-no");
  await page.waitForSelector("#confirm", { ...WAIT, hidden: true });
  assert.equal(
    (await into.extension.searchWords("walrus")).hits.length + (await into.extension.state()).queued,
    1,
  );
  await press(page, "#import-button", "Enter");
  await page.waitForSelector("#confirm[open]", WAIT);
  await page.click("#confirm-yes");
  await says(page, "#import-status", /Done/);
  assert.equal((await into.extension.searchWords("walrus")).hits.length, 0);
});

test("what may not be kept here does not come in from a file either", async () => {
  await into.extension.ask({ type: "forget", scope: "everything" });
  const passages = ["A pelican, and nothing else."];
  const urls = [
    "https://www.paypal.com/account",
    "http://192.168.0.1/",
    "https://www.google.com/search?q=pelican",
    "https://excluded.example/",
    "javascript:alert(1)",
    "https://pelicans.example/",
  ];
  await into.extension.ask({ type: "setSite", site: "excluded.example", level: "never" });
  await choose(archiveOf(urls.map((url) => ({ url, title: "Pelicans", passages, seen: Date.now() }))));
  await page.waitForSelector("#import-contents:not([hidden])", WAIT);
  await press(page, "#import-button", "Enter");
  await says(page, "#import-status", /1 page added · 5 left out/);
  const { hits } = await into.extension.searchWords("pelican");
  assert.deepEqual(
    hits.map(({ url }) => url),
    ["https://pelicans.example/"],
  );
});

test("a worker that dies again and again while pages come in is no matter", async () => {
  await into.extension.ask({ type: "forget", scope: "everything" });
  await into.extension.configure({ paused: true });
  const count = 1_500;
  const text = "The ferry was late, the harbour empty, and nobody minded. ".repeat(20);
  const pages = Array.from({ length: count }, (_, n) => ({
    url: `https://site${n % 20}.example/${n}`,
    title: `Crossing number ${n}`,
    passages: [`${text} Ticket ${n}.`],
    seen: Date.now() - n * 60_000,
  }));
  await choose(archiveOf(pages, 10));
  await page.waitForSelector("#import-contents:not([hidden])", WAIT);
  await press(page, "#import-button", "Enter");
  const bar = () => page.$eval("#import-progress", (bar) => (bar as HTMLProgressElement).value);
  for (const share of [0.2, 0.5, 0.8]) {
    await until(`${share} of it is in`, async () => (await bar()) >= share, 60, 20);
    await into.worker.kill();
  }
  const said = await says(page, "#import-status", /Done/);
  // A frame that was taken in just before the end counts as known the second time.
  const [added = 0, known = 0] = [...said.matchAll(/[\d,]+/g)].map(([number]) =>
    Number(number.replace(",", "")),
  );
  assert.equal(added + known, count, said);
  await into.worker.kill();
  const { pages: kept, unembedded } = await into.extension.state();
  assert.equal(kept, count);
  assert.ok(unembedded > 0, "what has no vectors in the file gets them here");
  const { hits } = await into.extension.searchWords('"crossing number 1234"');
  assert.equal(hits[0]?.url, "https://site14.example/1234");
});
