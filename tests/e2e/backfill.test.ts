// What was read before the extension came: ten thousand addresses of the history and the bookmarks, found by the words of
// their titles after seconds; rules, deletions, a worker that dies, stopping and removing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BackfillState } from "../../messages/messages.ts";
import { OF_PAGES, readTable } from "./harness/database.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { fillHistory, type Visited } from "./harness/history.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const COUNT = 10_000;
/** What it may take on a machine that does nothing else. */
const SECONDS = 10;
const DAY = 24 * 3600 * 1000;
const NOW = Date.now();

const TOPICS = [
  "garden",
  "violin",
  "glacier",
  "compiler",
  "bakery",
  "harbour",
  "comet",
  "orchid",
  "bridge",
  "novel",
];

/** A word that only the n-th title has, with no other's beginning. */
function word(n: number): string {
  return String(n)
    .padStart(5, "0")
    .replace(/\d/g, (digit) => "bcdfghjklm"[Number(digit)] ?? "");
}

/** The n-th of the history, the newest first, over two months. */
function visited(n: number): Visited {
  const url = `http://site${n % 50}.example.test/${n}`;
  const title = `About the ${TOPICS[n % TOPICS.length]} and ${word(n)}`;
  return { url, title, seenAt: NOW - 3_600_000 - n * ((60 * DAY) / COUNT), visits: 1 + (n % 3) };
}

const EXCLUDED = { url: "http://tabloid.test/walrus", title: "A walrus in the tabloid" };
const BANK = { url: "https://www.paypal.com/walrus", title: "A walrus in the bank" };
const RESULTS = { url: "https://www.google.com/search?q=walrus", title: "walrus - results" };
const PRIVATE = { url: "http://192.168.1.1/", title: "A walrus in the router" };
const ALLOWED = { url: "http://zoo.test/walrus", title: "A walrus in the zoo" };

let session: Session;
let copy: ExtensionCopy;
before(async () => {
  // No gesture can grant an optional permission without a window; so the copy has it from the beginning.
  copy = await ExtensionCopy.make();
  await copy.editManifest((manifest) => {
    manifest.permissions?.push("bookmarks");
    delete manifest.optional_permissions;
  });
  const odd = [EXCLUDED, BANK, RESULTS, PRIVATE, ALLOWED];
  const rows = [
    ...Array.from({ length: COUNT }, (_, n) => visited(n)),
    ...odd.map((each, n) => ({ ...each, seenAt: NOW - DAY - n * 1000, visits: 1 })),
  ];
  session = await Session.start({
    extension: copy.folder,
    prepare: (profile) => fillHistory(profile, rows),
    settings: { sites: [{ site: "tabloid.test", level: "never" }] },
  });
});
after(async () => {
  await session?.close();
  await copy?.remove();
});

async function backfill(): Promise<BackfillState> {
  return (await session.extension.state()).backfill;
}

async function found(words: string): Promise<string[]> {
  return (await session.extension.searchWords(words)).hits.map(({ url }) => url);
}

async function kept(url: string): Promise<boolean> {
  return (await session.extension.ask({ type: "page", url })).page !== null;
}

async function forgetEverything(): Promise<void> {
  await session.extension.ask({ type: "forget", scope: "everything" });
  assert.deepEqual(await readTable(session.extension.page, "pages"), []);
}

function start(bookmarks = false): Promise<unknown> {
  return session.extension.ask({ type: "backfill", action: "start", history: true, bookmarks });
}

function ended(): Promise<BackfillState> {
  return until(
    "history was taken in",
    async () => {
      const state = await backfill();
      return state.phase === "done" && state;
    },
    10 * SECONDS,
    100,
  );
}

test("ten thousand addresses are found by the words of their titles within seconds", async (t) => {
  const began = performance.now();
  await start();
  const state = await ended();
  const seconds = (performance.now() - began) / 1000;
  t.diagnostic(`${state.added} pages in ${seconds.toFixed(1)} s`);
  assert.equal(state.added, COUNT + 1);
  for (const n of [0, 1, 4321, COUNT - 1]) assert.equal((await found(word(n)))[0], visited(n).url);
  const [hit] = (await session.extension.searchWords(word(4321))).hits;
  assert.equal(hit?.visits, visited(4321).visits);
  assert.ok(Math.abs((hit?.lastSeen ?? 0) - visited(4321).seenAt) < 1000);
  assert.ok(seconds < SECONDS * 2 * PATIENCE, `it took ${seconds} s`);
  const { unembedded } = await session.extension.state();
  await until(
    "vectors follow",
    async () => (await session.extension.state()).unembedded < unembedded - 50,
    60,
  );
});

test("what the rules exclude is left out", async () => {
  assert.deepEqual(await found("walrus"), [ALLOWED.url]);
  for (const { url } of [EXCLUDED, BANK, RESULTS, PRIVATE]) assert.equal(await kept(url), false, url);
  // The browser may list its own pages, too.
  assert.ok((await backfill()).leftOut >= 4);
  // A private window leaves nothing in the history, so nothing comes from there.
  assert.deepEqual(await found("incognito"), []);
});

test("a page that is visited again gets its text, and counts no more as added", async () => {
  const { url } = visited(77);
  session.server.set(url, "<!doctype html><title>About 77</title><p>Now with a text about a theremin.");
  await session.open(url);
  await until("its text is found", async () => (await found("theremin"))[0] === url, 60);
  await session.tidy();
  await session.extension.ask({ type: "backfill", action: "remove" });
  assert.deepEqual([await found("theremin"), await kept(visited(78).url)], [[url], false]);
  const state = await session.extension.state();
  assert.deepEqual([state.pages, state.backfill.phase, state.backfill.removable], [1, "none", false]);
});

test("a worker that is killed goes on, and what was deleted meanwhile does not come back", async () => {
  await forgetEverything();
  await start();
  await until("some came", async () => (await backfill()).added > 1_000, 60, 20);
  await session.worker.kill();
  const [first, last] = [visited(3), visited(COUNT - 3)];
  await session.extension.page.evaluate(
    async (urls) => {
      for (const url of urls) await chrome.history.deleteUrl({ url });
    },
    [first.url, last.url],
  );
  const before = await backfill();
  assert.equal(before.phase, "running");
  assert.ok(before.added > 1_000, "it does not begin anew");
  await ended();
  assert.deepEqual([await kept(first.url), await kept(last.url)], [false, false]);
  assert.equal((await session.extension.state()).pages, COUNT + 1 - 2);
  for (const n of [0, 2_000, COUNT - 1]) assert.equal((await found(word(n)))[0], visited(n).url);
});

test("it stops when told to, and nothing remains of what it brought", async () => {
  await forgetEverything();
  await start();
  await until("some came", async () => (await backfill()).added > 500, 60, 20);
  const { backfill: stopped } = await session.extension.ask({ type: "backfill", action: "cancel" });
  assert.equal(stopped.phase, "cancelled");
  assert.ok(stopped.added < COUNT);
  const { pages } = await session.extension.ask({ type: "backfill", action: "remove" });
  assert.equal(pages, 0);
  for (const table of OF_PAGES.filter((name) => name !== "catalog"))
    assert.deepEqual(await readTable(session.extension.page, table), [], table);
});

test("the options and the welcome page start it, show how far it is, stop it and remove what it brought", async () => {
  await forgetEverything();
  const { extension, chromium } = session;
  for (const file of ["options/options.html", "welcome/welcome.html"]) {
    const page = await chromium.browser.newPage();
    await page.goto(extension.url(file));
    const phase = (name: string) => page.waitForSelector(`#backfill[data-phase="${name}"]:not([hidden])`);
    const counts = () => page.$eval("#backfill-counts", (element) => element.textContent ?? "");
    await phase("none");
    assert.equal(await page.$("#backfill-remove:not([hidden])"), null);
    await page.focus("#backfill-start");
    await page.keyboard.press("Enter");
    await phase("running");
    await until("it tells how many", async () => /[1-9].* added/.test(await counts()));
    assert.equal(await page.evaluate(() => document.activeElement?.id), "backfill-cancel");
    await page.keyboard.press("Enter");
    await phase("cancelled");
    await page.click("#backfill-remove");
    await phase("none");
    assert.equal((await extension.state()).pages, 0);
    await page.close();
  }
});

test("bookmarks come, too", async () => {
  await forgetEverything();
  await session.extension.page.evaluate(async () => {
    const folder = await chrome.bookmarks.create({ title: "Folder" });
    for (let n = 0; n < 300; n++)
      await chrome.bookmarks.create({
        parentId: folder.id,
        title: `Bookmark ${n}`,
        url: `http://marks.test/${n}`,
      });
  });
  await session.extension.ask({ type: "backfill", action: "start", history: false, bookmarks: true });
  assert.equal((await ended()).added, 300);
  assert.deepEqual([await kept("http://marks.test/0"), await kept("http://marks.test/299")], [true, true]);
});
