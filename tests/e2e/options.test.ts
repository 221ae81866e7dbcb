// The options page: what is set there holds, and what goes is shown before it goes.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Page } from "puppeteer-core";
import type { Settings } from "../../messages/messages.ts";
import { nameless, tabTo } from "./harness/controls.ts";
import { largePages } from "./harness/generated.ts";
import { assertNothingRemains } from "./harness/remains.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const WAIT = { timeout: 30_000 * PATIENCE, polling: 50 } as const;
const DEFAULTS: Partial<Settings> = {
  consent: true,
  level: "full",
  sites: [],
  manual: false,
  paused: false,
  pausedUntil: null,
  honourNoarchive: false,
  forgetAgedOut: false,
  keepDays: null,
  keepMegabytes: null,
};

let session: Session;
let options: Page;
before(async () => {
  session = await Session.start();
});
beforeEach(async () => {
  options = await session.chromium.browser.newPage({ type: "window" });
  await options.setViewport({ width: 1000, height: 900 });
  await options.goto(session.extension.url("options/options.html"));
  await options.waitForSelector("#counts dd", WAIT);
});
afterEach(async () => {
  await session.tidy();
  await session.extension.configure(DEFAULTS);
  await session.extension.ask({ type: "forget", scope: "everything" });
});
after(() => session.close());

/** Reads pages of these hosts; each has a word that only it has. */
async function read(...hosts: string[]): Promise<void> {
  const urls = hosts.map((host) => `http://${host}/`);
  for (const [at, url] of urls.entries())
    session.server.set(url, `<!doctype html><title>About ${hosts[at]}</title><p>A walrus, number ${at}.</p>`);
  await session.readAll(urls);
  await session.extension.waitIndexed(60);
  await options.bringToFront();
}

async function kept(): Promise<string[]> {
  const { hits } = await session.extension.searchWords("walrus");
  return hits.map(({ site }) => site).sort();
}

async function settings(): Promise<Settings> {
  return (await session.extension.state()).settings;
}

/** Waits until the settings are so. */
function settled(what: string, so: (settings: Settings) => boolean): Promise<boolean> {
  return until(what, async () => so(await settings()));
}

/** The dialog, as it asks. */
async function asked(): Promise<string> {
  await options.waitForSelector("#confirm[open]", WAIT);
  return options.$eval("#confirm", (dialog) => dialog.textContent ?? "");
}

async function answer(how: "yes" | "no"): Promise<void> {
  await options.click(`#confirm-${how}`);
  await options.waitForSelector("#confirm", { ...WAIT, hidden: true });
}

async function says(selector: string, words: RegExp): Promise<void> {
  await options.waitForFunction(
    (at, source) => new RegExp(source).test(document.querySelector(at)?.textContent ?? ""),
    WAIT,
    selector,
    words.source,
  );
}

async function setRule(site: string, level: string): Promise<void> {
  await options.type("#rule-site", site);
  await options.select("#rule-level", level);
  await options.click("#rule-add");
}

test("a site is excluded only after it was seen what goes", async () => {
  await read("tabloid.test", "www.tabloid.test", "news.test");
  await setRule("https://www.tabloid.test/x", "never");
  const dialog = await asked();
  assert.match(dialog, /2 pages/);
  assert.match(dialog, /About tabloid\.test/);
  await answer("no");
  assert.equal((await kept()).length, 3);
  assert.deepEqual((await settings()).sites, []);

  await options.click("#rule-add");
  await asked();
  await answer("yes");
  await says("#rule-status", /2 pages forgotten/);
  assert.deepEqual(await kept(), ["news.test"]);
  assert.deepEqual((await settings()).sites, [{ site: "tabloid.test", level: "never" }]);
  await options.waitForSelector('#rules tr[data-site="tabloid.test"][data-level=never]', WAIT);
});

test("a rule changes its level and goes, several sites get one at once", async () => {
  await read("diary.test");
  await setRule("diary.test, other.test", "full");
  await settled("there are two rules", ({ sites }) => sites.length === 2);
  await options.waitForSelector('#rules tr[data-site="diary.test"]', WAIT);
  await options.select('#rules tr[data-site="diary.test"] select', "title");
  assert.match(await asked(), /1 page/);
  await answer("yes");
  await says("#rule-status", /1 page forgotten/);
  assert.ok((await settings()).sites.some(({ level }) => level === "title"));
  assert.deepEqual(await kept(), []);
  assert.equal((await session.extension.searchWords("diary")).hits.length, 1);
  await options.waitForSelector('#rules tr[data-site="diary.test"][data-level=title]', WAIT);
  await options.click('#rules tr[data-site="diary.test"] button');
  await settled("the rule is gone", ({ sites }) => sites.length === 1);
  await options.waitForFunction(() => !document.querySelector('#rules tr[data-site="diary.test"]'), WAIT);
});

test("what is refused in the table is not set", async () => {
  await read("diary.test");
  await setRule("diary.test", "full");
  const row = '#rules tr[data-site="diary.test"]';
  await options.waitForSelector(row, WAIT);
  await options.select(`${row} select`, "never");
  await asked();
  await options.keyboard.press("Escape");
  await options.waitForSelector("#confirm", { ...WAIT, hidden: true });
  assert.equal(await options.$eval(`${row} select`, (select) => (select as HTMLSelectElement).value), "full");
  assert.deepEqual(await kept(), ["diary.test"]);
  await options.type("#rule-site", "://");
  await options.click("#rule-add");
  await says("#rule-status", /names no site/);
});

test("a sensitive site is found in the list, let in, and left out again with its pages", async () => {
  const { groups } = await session.extension.ask({ type: "sensitive" });
  await options.waitForSelector("#sensitive li", WAIT);
  assert.equal((await options.$$("#sensitive li")).length, groups.flatMap(({ sites }) => sites).length);
  await options.type("#sensitive-filter", "www.chase.com");
  await says("#sensitive-status", /1 entry/);
  const entry = '#sensitive li[data-site="chase.com"]';
  await options.click(`${entry} button`);
  await options.waitForSelector(`${entry}[data-let-in=true]`, WAIT);
  assert.deepEqual((await settings()).sites, [{ site: "chase.com", level: "full" }]);
  const status = await session.extension.ask({ type: "page", url: "https://www.chase.com/" });
  assert.equal(status.skip, null);
  await options.click(`${entry} button`);
  await options.waitForSelector(`${entry}[data-let-in=false]`, WAIT);
  assert.deepEqual((await settings()).sites, []);
});

test("what is kept of a sensitive site goes when it is left out again", async () => {
  await session.extension.ask({ type: "setSite", site: "chase.com", level: "full" });
  const before = await session.arrived();
  await session.openAs(
    "http://www.chase.com/",
    "<!doctype html><title>Rates</title><link rel=icon href=data:,><p>A walrus at the counter.</p>",
  );
  await until("the page was read", async () => (await session.arrived()) > before);
  await read("letters.test");
  assert.deepEqual(await kept(), ["chase.com", "letters.test"]);

  await options.type("#sensitive-filter", "chase.com");
  const entry = '#sensitive li[data-site="chase.com"]';
  await options.waitForSelector(`${entry}[data-let-in=true]`, WAIT);
  await options.click(`${entry} button`);
  assert.match(await asked(), /Rates/);
  await answer("yes");
  await options.waitForSelector(`${entry}[data-let-in=false]`, WAIT);
  await until("its page is gone", async () => (await kept()).length === 1);
  assert.deepEqual(await kept(), ["letters.test"]);
});

test("level, manners and pause are saved at once and shown again", async () => {
  await options.click("[name=level][value=title]");
  await options.click("#manual");
  await options.click("#noarchive");
  await options.click("#aged-out");
  await settled("all are set", ({ level, manual, honourNoarchive, forgetAgedOut }) => {
    return level === "title" && manual && honourNoarchive && forgetAgedOut;
  });
  await options.click("#pause-button");
  await options.waitForSelector("#resume-button", { ...WAIT, visible: true });
  const { pausedUntil, paused } = await settings();
  assert.equal(paused, false);
  assert.ok(
    Math.abs((pausedUntil ?? 0) - Date.now() - 3_600_000) < 60_000 * PATIENCE,
    `until ${pausedUntil}`,
  );

  await options.reload();
  await options.waitForSelector("#counts dd", WAIT);
  const checked = await options.$$eval("#privacy input:checked", (boxes) =>
    boxes.map((box) => box.id || (box as HTMLInputElement).value),
  );
  assert.deepEqual(checked, ["title", "manual", "noarchive", "aged-out"]);
  await options.click("#resume-button");
  await settled("it goes on", ({ pausedUntil }) => pausedUntil === null);
  await options.waitForSelector("#pause-button", { ...WAIT, visible: true });
  await options.select("#pause-for", "tomorrow");
  await options.click("#pause-button");
  await settled("it is paused until the morning", ({ pausedUntil }) => pausedUntil !== null);
  const morning = new Date((await settings()).pausedUntil ?? 0);
  assert.deepEqual([morning.getHours(), morning.getMinutes()], [6, 0], "as the popup has it");
  await options.waitForSelector("#resume-button", { ...WAIT, visible: true });
  await options.click("#resume-button");
  await options.waitForSelector("#pause-button", { ...WAIT, visible: true });
  await options.select("#pause-for", "open");
  await options.click("#pause-button");
  await settled("it is paused", ({ paused }) => paused);
});

test("limits of age and size are set and taken away", async () => {
  await options.select("#keep-days", "365");
  await options.select("#keep-megabytes", "500");
  await settled("they are set", ({ keepDays, keepMegabytes }) => keepDays === 365 && keepMegabytes === 500);
  await options.select("#keep-days", "");
  await settled(
    "one is taken away",
    ({ keepDays, keepMegabytes }) => keepDays === null && keepMegabytes === 500,
  );
});

test("a limit of size below what there is says how much has to go, and can be refused", async () => {
  const pages = largePages(80);
  await session.extension.take(pages);
  await says("#counts [data-fact=pages]", /^80$/);
  // The smallest that is offered would take a hundred times as much.
  await options.$eval("#keep-megabytes option[value='100']", (option) => {
    (option as HTMLOptionElement).value = "1";
  });
  await options.select("#keep-megabytes", "1");
  assert.match(await asked(), /About [\d.]+\s[kM]B have to go.*Pinned pages stay/s);
  await answer("no");
  assert.equal((await settings()).keepMegabytes, null);
  assert.equal(await options.$eval("#keep-megabytes", (select) => (select as HTMLSelectElement).value), "");
  assert.equal((await session.extension.state()).pages, pages.length);

  await options.select("#keep-megabytes", "1");
  await asked();
  await answer("yes");
  await settled("it is set", ({ keepMegabytes }) => keepMegabytes === 1);
  await until("some pages are gone", async () => (await session.extension.state()).pages < pages.length);
});

test("a limit of age shows what is beyond it, without what is pinned, and can be refused", async () => {
  await read("pinned.test", "loose.test");
  const { page } = await session.extension.ask({ type: "page", url: "http://pinned.test/" });
  await session.extension.ask({ type: "pin", page: page?.page ?? "", pinned: true });
  // For the options page it is next year.
  await options.evaluate(() => {
    const next = Date.now() + 400 * 24 * 3_600_000;
    Date.now = () => next;
  });
  await options.select("#keep-days", "365");
  assert.match(await asked(), /1 page,/);
  await answer("no");
  assert.equal((await settings()).keepDays, null);
  assert.equal(await options.$eval("#keep-days", (select) => (select as HTMLSelectElement).value), "");
  await options.select("#keep-days", "365");
  await asked();
  await answer("yes");
  await settled("it is set", ({ keepDays }) => keepDays === 365);
});

test("a site and a time are forgotten from the list, with a preview", async () => {
  await read("one.test", "two.test", "three.test");
  const row = '#sites tr[data-site="one.test"]';
  await options.waitForSelector(row, WAIT);
  await until("every site is in the plot", async () => {
    const { sites } = await session.extension.ask({ type: "sites" });
    return (await options.$$("#sites tbody tr")).length === sites.length && sites.length === 3;
  });
  await options.click(`${row} button`);
  assert.match(await asked(), /About one\.test/);
  await answer("yes");
  await says("#forget-status", /1 page/);
  await options.waitForFunction((selector) => !document.querySelector(selector), WAIT, row);
  assert.deepEqual(await kept(), ["three.test", "two.test"]);

  await options.select("#period", "days");
  await options.$eval("#period-from", (field) => {
    (field as HTMLInputElement).value = "2001-02-03";
  });
  await options.click("#period-button");
  await says("#forget-status", /Nothing is there/);
  await options.select("#period", "hour");
  await options.click("#period-button");
  assert.match(await asked(), /2 pages/);
  await answer("yes");
  await until("nothing is left", async () => (await kept()).length === 0);
});

test("everything is forgotten only after the word was typed, and nothing remains", async () => {
  await read("one.test", "two.test");
  await options.click("#everything-button");
  assert.match(await asked(), /2 pages/);
  assert.equal(await options.$eval("#confirm-yes", (button) => (button as HTMLButtonElement).disabled), true);
  await options.type("#confirm-word", "forge");
  await options.keyboard.press("Enter");
  assert.equal((await kept()).length, 2, "half of the word does nothing");
  await options.type("#confirm-word", "t");
  await options.keyboard.press("Enter");
  await says("#forget-status", /2 pages/);
  await assertNothingRemains(session.extension.page);
});

test("measured speeds are shown as they were measured, and a backend is chosen", async () => {
  await read("measured.test");
  await options.waitForSelector("#chain tr[data-backend=cpu][data-code=ready]", WAIT);
  const measured = (): Promise<object[]> =>
    options.$$eval("#chain tbody tr", (rows) =>
      rows.map((row) => ({
        backend: (row as HTMLElement).dataset.backend,
        bars: [...row.querySelectorAll("td")].map((cell) => cell.querySelector(".bar") !== null),
      })),
    );
  await until("the plot has a bar for each time that was measured, and no other", async () => {
    const { chain } = await session.extension.state();
    const expected = chain.map(({ backend, queryMs, bulkMs }) => ({
      backend,
      bars: [queryMs !== null, bulkMs !== null],
    }));
    const some = chain.some(({ queryMs }) => queryMs !== null);
    return some && JSON.stringify(await measured()) === JSON.stringify(expected);
  });
  await options.select("#backend", "hash");
  await settled("the hash is chosen", ({ backend }) => backend === "hash");
  await until("the page says who is used", () =>
    options.$eval("#chain tr[data-backend=hash]", (row) => row.querySelectorAll(".tag").length === 2),
  );
  await session.extension.configure({ backend: "auto" });
});

test("the diagnosis is what the embedder computes of what was typed", async () => {
  const typed = "A walrus at the counter";
  await options.click("#diagnose-text", { count: 3 });
  await options.keyboard.type(typed);
  await options.click("#diagnose-button");
  await options.waitForSelector("#diagnosis[data-backend=cpu]:not([hidden])", WAIT);
  const expected = await session.extension.ask({ type: "diagnose", text: typed });
  assert.match(expected.space, /^all-MiniLM-L6-v2@/);
  assert.deepEqual([expected.dims, expected.tokens], [384, 8]);
  assert.equal(await fact("space"), expected.space);
  assert.equal(await fact("dims"), "384");
  assert.equal(await fact("tokens"), "8");
  assert.equal(await fact("firstTen"), expected.firstTen.map((value) => value.toFixed(4)).join("  "));
  assert.ok(Math.abs(Number(await fact("norm")) - 1) < 1e-3);
  assert.match(await fact("tookMs"), /^[\d.,]+ ms$/);
});

/** A line of the diagnosis. */
function fact(name: string): Promise<string> {
  return options.$eval(`#diagnosis [data-fact=${name}]`, (value) => value.textContent ?? "");
}

test("the copied report says how it works, and nothing of what was read, typed or excluded", async () => {
  const typed = "An iguana that nobody else knows of";
  await read("diary.test", "letters.test");
  await session.extension.configure({ sites: [{ site: "gossip.test", level: "never" }] });
  await options.reload();
  await options.waitForSelector('#rules tr[data-site="gossip.test"]', WAIT);
  await options.click("#diagnose-text", { count: 3 });
  await options.keyboard.type(typed);
  await options.click("#diagnose-button");
  await options.waitForSelector("#diagnosis:not([hidden])", WAIT);
  await options.click("#copy-button");
  await says("#copy-status", /Copied/);

  const copied = await pasted();
  const report = JSON.parse(copied);
  assert.deepEqual([report.pages, report.settings.sites, report.settings.level], [2, 1, "full"]);
  assert.equal(report.queryChoice.backend, "cpu");
  assert.equal(report.diagnosis.firstTen.length, 10);
  assert.match(report.userAgent, /Chrome/);
  for (const secret of ["://", ".test", "About", "walrus", "diary", "letters", "gossip", "iguana"])
    assert.ok(!copied.includes(secret), `${secret} is in ${copied}`);
});

/** What is in the clipboard, put where a person would put it. */
async function pasted(): Promise<string> {
  const field = await options.evaluateHandle(() => {
    const made = document.createElement("textarea");
    document.body.append(made);
    made.focus();
    return made;
  });
  await options.keyboard.down("Control");
  await options.keyboard.press("v", { commands: ["Paste"] });
  await options.keyboard.up("Control");
  return field.evaluate(({ value }) => value);
}

test("sections are reached and a rule is set and refused with the keyboard alone", async () => {
  await read("tabloid.test");
  assert.deepEqual(await nameless(options), []);
  await tabTo(options, '#sections a[href="#storage"]');
  await options.keyboard.press("Enter");
  await options.waitForFunction(() => document.activeElement?.id === "storage", WAIT);
  await options.reload();
  await options.waitForSelector("#counts dd", WAIT);
  await tabTo(options, "#rule-site");
  await options.keyboard.type("tabloid.test");
  await options.keyboard.press("Enter");
  assert.match(await asked(), /1 page/);
  assert.deepEqual(await nameless(options), []);
  await options.keyboard.press("Escape");
  await options.waitForSelector("#confirm", { ...WAIT, hidden: true });
  assert.equal(
    await options.evaluate(() => document.activeElement?.id),
    "rule-site",
    "the focus is given back",
  );
  assert.deepEqual(await kept(), ["tabloid.test"]);
  await options.keyboard.press("Enter");
  await asked();
  await tabTo(options, "#confirm-yes");
  await options.keyboard.press("Enter");
  await says("#rule-status", /1 page forgotten/);
  assert.deepEqual(await kept(), []);
});
