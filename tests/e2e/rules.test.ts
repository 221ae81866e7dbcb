// The rules that keep a person's privacy, each in the browser: what is never read, levels for sites, forgetting by
// page, site, day, history, age, size and altogether, and that nothing remains anywhere.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { INTENT_KEY, type Intent, type Scope, type SkipReason } from "../../messages/messages.ts";
import { readTable } from "./harness/database.ts";
import { largePages } from "./harness/generated.ts";
import { ownUrl } from "./harness/pages.ts";
import { assertNothingRemains } from "./harness/remains.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

/** Twice what a visible page needs to be read. */
const LONG_ENOUGH = 6_000;
const DAY = 86_400_000;
const SEARCH_LIST = path.resolve("background/src/rules/search.txt");

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(async () => {
  await session.tidy();
  const { settings } = await session.extension.state();
  await session.extension.ask({
    type: "configure",
    ...settings,
    level: "full",
    sites: [],
    manual: false,
    paused: false,
    pausedUntil: null,
    honourNoarchive: false,
    forgetAgedOut: false,
    keepDays: null,
    keepMegabytes: null,
  });
  await session.extension.ask({ type: "forget", scope: "everything" });
});
after(() => session.close());

/** Serves a page of its own; its host is `name`. */
function page(name: string, title: string, text: string, head = ""): string {
  const url = `http://${name}/`;
  session.server.set(url, `<!doctype html><title>${title}</title>${head}<p>${text}</p>`);
  return url;
}

async function skipped(url: string): Promise<SkipReason | null> {
  return (await session.extension.ask({ type: "page", url })).skip;
}

/** Looks at a page for long enough to be read, and asserts that it was not. */
async function isNotRead(
  url: string,
  reason: SkipReason,
  open: (url: string) => Promise<unknown> = (url) => session.open(url),
): Promise<void> {
  const before = await session.arrived();
  await open(url);
  await sleep(LONG_ENOUGH);
  assert.equal(await session.arrived(), before, `${url} was read`);
  assert.equal(await skipped(url), reason);
}

async function found(words: string): Promise<string[]> {
  return (await session.extension.searchWords(words)).hits.map(({ url }) => url);
}

async function forget(scope: Scope): Promise<number> {
  return (await session.extension.ask({ type: "forget", ...scope })).pages;
}

function assertEmpty(): Promise<void> {
  return assertNothingRemains(session.extension.page);
}

/** What the context menu leaves for a popup that never opened. */
function leaveIntent(intent: Intent): Promise<void> {
  return session.extension.page.evaluate(
    (key, left) => chrome.storage.session.set({ [key]: left }),
    INTENT_KEY,
    intent,
  );
}

test("every entry of the kept list of sensitive sites excludes", async () => {
  const { groups } = await session.extension.ask({ type: "sensitive" });
  const entries = groups.flatMap(({ sites }) => sites);
  assert.ok(entries.length > 250, `only ${entries.length} entries`);
  for (const entry of entries) {
    // A first label, a whole top-level domain, or a host.
    const host = entry.endsWith(".*")
      ? `${entry.slice(0, -2)}.example.org`
      : entry.replace(/^[^.]+$/, "some.$&");
    for (const url of [`https://${host}/`, `https://www.${host}/a?b`, `http://${host.toUpperCase()}:8080/`])
      assert.equal(await skipped(url), "sensitiveSite", url);
  }
});

test("so does every search engine's page of results, and every private address", async () => {
  const entries = readFileSync(SEARCH_LIST, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  assert.ok(entries.length > 10);
  for (const entry of entries) {
    const address = entry.replace(/^([^/]*\.)\*/, "$1com").replace(/\/\*$/, "/x");
    const url = `https://${address}${entry.includes("?") ? "=cat" : ""}`;
    assert.equal(await skipped(url), "searchResults", entry);
  }
  for (const host of [
    "localhost",
    "127.0.0.1",
    "10.1.2.3",
    "192.168.1.1",
    "172.16.0.1",
    "[::1]",
    "printer",
    "nas.local",
    "169.254.1.1",
  ])
    assert.equal(await skipped(`http://${host}/`), "privateAddress", host);
  for (const url of ["chrome://settings", "file:///etc/passwd", "data:text/html,x"])
    assert.equal(await skipped(url), "scheme", url);
});

test("a page in the local network and a page of results are not read when one visits them", async () => {
  const answered = (url: string) =>
    session.openAs(
      url,
      "<!doctype html><title>Found</title><link rel=icon href=data:,><p>A bassoon behind the router.</p>",
    );
  await isNotRead("http://192.168.1.1/", "privateAddress", answered);
  await isNotRead("https://www.google.com/search?q=bassoon", "searchResults", answered);
  // Answered in the same way, any other page is.
  const before = await session.arrived();
  await answered("http://bassoons.example/");
  await until("the page was read", async () => (await session.arrived()) > before);
});

test("a sensitive site that one visits is not read, until one says so", async () => {
  const url = page("mail.own.test", "Letters", "A letter about a zeppelin.");
  await isNotRead(url, "sensitiveSite");
  await session.tidy();
  await session.extension.ask({ type: "setSite", site: "mail.own.test", level: "full" });
  await session.read(url);
  await session.extension.waitIndexed(30);
  assert.deepEqual(await found("zeppelin"), [url]);
});

test("of a site at the level “title” no text is kept, nor is what was kept before", async () => {
  const first = page("diary.test", "Diary of a lighthouse", "The lamp burns paraffin.");
  await session.read(first);
  await session.extension.waitIndexed(30);
  assert.deepEqual(await found("paraffin"), [first]);
  const scope = { scope: "level", site: "diary.test", level: "title" } as const;
  const preview = await session.extension.ask({ type: "preview", ...scope });
  assert.deepEqual([preview.pages, preview.titles], [1, ["Diary of a lighthouse"]]);
  const { pages } = await session.extension.ask({ type: "setSite", site: "diary.test", level: "title" });
  assert.equal(pages, 1);
  assert.deepEqual(await found("paraffin"), []);
  assert.deepEqual(await found("lighthouse"), [first]);

  const second = page("www.diary.test", "Keeper", "Nobody reads about kerosene.");
  await session.read(second);
  await session.extension.waitIndexed(30);
  assert.deepEqual(await found("keeper"), [second]);
  assert.deepEqual(await found("kerosene"), []);
});

test("excluding a site shows what goes, purges it, and keeps it out", async () => {
  const gone = page("tabloid.test", "Scandal", "A walrus in the bathtub.");
  const stays = page("news.test", "News", "A walrus on the beach.");
  await session.readAll([gone, stays]);
  await session.extension.waitIndexed(30);
  const preview = await session.extension.ask({
    type: "preview",
    scope: "level",
    site: "tabloid.test",
    level: "never",
  });
  assert.equal(preview.pages, 1);
  assert.ok(preview.bytes > 0);
  const { pages } = await session.extension.ask({
    type: "setSite",
    site: "https://www.tabloid.test/x",
    level: "never",
  });
  assert.equal(pages, 1);
  assert.deepEqual(await found("walrus"), [stays]);
  await session.tidy();
  await isNotRead(gone, "excluded");
});

test("in manual mode and in a pause nothing is read", async () => {
  const url = page("quiet.test", "Quiet", "Nobody asked for the theremin.");
  await session.extension.configure({ manual: true });
  await isNotRead(url, "manual");
  await session.extension.configure({ manual: false, pausedUntil: Date.now() + 3_600_000 });
  await session.tidy();
  await isNotRead(url, "paused");
});

test("a page that asks not to be archived is left alone if one wants that", async () => {
  const url = page("shy.test", "Shy", "A shy bassoon.", '<meta name="robots" content="noarchive">');
  await session.extension.configure({ honourNoarchive: true });
  await isNotRead(url, "noArchive");
  await session.tidy();
  await session.extension.configure({ honourNoarchive: false });
  await session.read(url);
});

test("a page with a password field in sight is not read, one with a hidden field is", async () => {
  await isNotRead(ownUrl("visible-password"), "passwordField");
  await session.tidy();
  await session.read(ownUrl("hidden-password"));
});

test("a page with a card field in sight is not read, one with a hidden field is", async () => {
  const till = page("till.test", "Till", 'A piccolo, please. <input name="cardNumber">');
  await isNotRead(till, "cardField");
  await session.tidy();
  await session.read(page("counter.test", "Counter", 'A piccolo. <input name="cardNumber" hidden>'));
});

test("page, site, day and everything can be forgotten, and nothing remains", async () => {
  const urls = [
    page("one.test", "One", "The first xylophone."),
    page("a.two.test", "Two a", "The second xylophone."),
    page("b.two.test", "Two b", "The third xylophone."),
    page("three.test", "Three", "The fourth xylophone."),
  ];
  await session.readAll(urls);
  await session.extension.waitIndexed(60);
  const [hit] = (await session.extension.searchWords("first")).hits;
  assert.ok(hit);
  assert.equal(await forget({ scope: "page", page: hit.page }), 1);
  assert.equal(await forget({ scope: "site", site: "two.test" }), 2);
  assert.deepEqual(await found("xylophone"), [urls[3]]);
  assert.equal(await forget({ scope: "period", from: 0, to: Date.now() - 3_600_000 }), 0);
  assert.equal(await forget({ scope: "period", from: Date.now() - 3_600_000, to: Date.now() + 1 }), 1);
  await until("no row is left", async () => (await readTable(session.extension.page, "pages")).length === 0);

  await session.tidy();
  await session.readAll(urls);
  await session.extension.waitIndexed(60);
  await leaveIntent({ type: "similar", url: urls[0] ?? "", title: "One" });
  assert.equal(await forget({ scope: "everything" }), 4);
  await assertEmpty();
});

test("a forgotten page can be taken back, with the vectors it had", async () => {
  await session.read(ownUrl("volcano"));
  await session.extension.waitIndexed(60);
  const [hit] = (await session.extension.search("predicting eruptions")).hits;
  assert.ok(hit);
  const { undo } = await session.extension.ask({ type: "forget", scope: "page", page: hit.page });
  assert.ok(undo);
  assert.deepEqual(await readTable(session.extension.page, "pages"), []);
  assert.equal((await session.extension.ask({ type: "undo" })).pages, 1);
  const [again] = (await session.extension.search("predicting eruptions")).hits;
  assert.deepEqual(again, hit);
});

test("what is deleted from the history is forgotten: one address, a range, all of it", async () => {
  const urls = [
    page("gone-one.test", "One", "An accordion."),
    page("gone-range.test", "Range", "Another accordion."),
    page("gone-all.test", "All", "The last accordion."),
  ];
  const [one = "", range = "", all = ""] = urls;
  const delay = async (url: string): Promise<number> => {
    await session.read(url);
    await session.extension.waitIndexed(30);
    await sleep(500);
    return Date.now();
  };
  await delay(one);
  const begin = Date.now();
  const end = await delay(range);
  await delay(all);
  assert.equal((await found("accordion")).length, 3);

  await session.extension.page.evaluate((url) => chrome.history.deleteUrl({ url }), one);
  await until("the address is forgotten", async () => !(await found("accordion")).includes(one));
  await session.extension.page.evaluate(
    (startTime, endTime) => chrome.history.deleteRange({ startTime, endTime }),
    begin,
    end,
  );
  await until("the range is forgotten", async () => !(await found("accordion")).includes(range));
  assert.deepEqual(await found("accordion"), [all]);
  await leaveIntent({ type: "search", query: "accordion" });
  await session.extension.page.evaluate(() => chrome.history.deleteAll());
  await until("everything is forgotten", async () => (await found("accordion")).length === 0);
  await until("no row is left", async () => (await readTable(session.extension.page, "pages")).length === 0);
  await until("no question is left", async () => {
    const left = await session.extension.page.evaluate(() => chrome.storage.session.get());
    return Object.keys(left).length === 0;
  });
  await assertEmpty();
});

test("what the browser's history drops because of its age stays, unless one wants it to go", async () => {
  const [old = "", young = ""] = ["https://attic.example/", "https://desk.example/"];
  await session.extension.take([
    { url: old, title: "Attic", passages: ["A dulcimer in a trunk."], seen: Date.now() - 100 * DAY },
    { url: young, title: "Desk", passages: ["A dulcimer on a chair."], seen: Date.now() - 10 * DAY },
  ]);
  assert.deepEqual((await found("dulcimer")).sort(), [old, young]);
  // No history is that old here: the browser's event is dispatched in its place.
  const drop = () =>
    session.worker.evaluate(
      (urls) => {
        const event = chrome.history.onVisitRemoved as unknown as { dispatch: (removed: object) => void };
        event.dispatch({ allHistory: false, urls });
      },
      [old, young],
    );
  await drop();
  await until("the young one is forgotten", async () => !(await found("dulcimer")).includes(young));
  assert.deepEqual(await found("dulcimer"), [old]);
  await session.extension.configure({ forgetAgedOut: true });
  await drop();
  await until("the old one is forgotten, too", async () => (await found("dulcimer")).length === 0);
});

test("pages beyond the age that one keeps are forgotten, pinned ones are not", async () => {
  const urls = [page("pinned.test", "Pinned", "A harp."), page("loose.test", "Loose", "A harp, too.")];
  await session.readAll(urls);
  await session.extension.waitIndexed(30);
  const { page: pinned } = await session.extension.ask({ type: "page", url: urls[0] ?? "" });
  assert.ok(pinned);
  await session.extension.ask({ type: "pin", page: pinned.page, pinned: true });
  await session.extension.configure({ keepDays: 0 });
  await until("the other one is forgotten", async () => (await found("harp")).length === 1);
  assert.deepEqual(await found("harp"), [urls[0]]);
});

test("pages beyond the size that one keeps are forgotten, the oldest first and pinned ones not", async () => {
  const pages = largePages(80);
  await session.extension.take(pages);
  const kept = async () => {
    const filters = { site: null, after: null, before: null };
    const { rows } = await session.extension.ask({ type: "pages", offset: 0, limit: 200, filters });
    return rows.map(({ url }) => url);
  };
  const urls = pages.map(({ url }) => url);
  assert.deepEqual(await kept(), urls, "the newest first");
  const { page: oldest } = await session.extension.ask({ type: "page", url: urls.at(-1) ?? "" });
  assert.ok(oldest);
  await session.extension.ask({ type: "pin", page: oldest.page, pinned: true });
  const { storedBytes } = await session.extension.state();
  assert.ok(storedBytes > 1_500_000, `${storedBytes} bytes are too few`);
  await session.extension.configure({ keepMegabytes: 1 });
  await until("it fits", async () => (await session.extension.state()).storedBytes <= 1_000_000);
  const left = await kept();
  assert.ok(left.length > 10 && left.length < 70, `${left.length} pages are left`);
  assert.deepEqual(left, [...urls.slice(0, left.length - 1), urls.at(-1)]);
});
