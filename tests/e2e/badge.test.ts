// The marks on the toolbar button, as the browser knows them.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { until } from "./harness/until.ts";

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(() => session.tidy());
after(() => session.close());

interface Button {
  text: string;
  title: string;
}

/** What the button shows everywhere, or over the tab at an address. */
function button(url?: string): Promise<Button> {
  return session.extension.page.evaluate(async (at) => {
    const [tab] = at === undefined ? [] : await chrome.tabs.query({ url: at });
    const where = tab?.id === undefined ? {} : { tabId: tab.id };
    return { text: await chrome.action.getBadgeText(where), title: await chrome.action.getTitle(where) };
  }, url);
}

function shows(text: string, url?: string): Promise<Button> {
  return until(`the button shows “${text}”`, async () => {
    const now = await button(url);
    return now.text === text && now;
  });
}

/** From now on, the icons that the button was given, each once the browser has it. */
function watchIcons(): Promise<void> {
  return session.worker.evaluate(() => {
    const icons: string[] = [];
    Object.assign(globalThis, { icons });
    const set = chrome.action.setIcon.bind(chrome.action) as (
      icon: chrome.action.TabIconDetails,
    ) => Promise<void>;
    Object.defineProperty(chrome.action, "setIcon", {
      value: async (icon: chrome.action.TabIconDetails) => {
        await set(icon);
        icons.push(JSON.stringify(icon.path));
      },
    });
  });
}

function lastIcon(): Promise<string | undefined> {
  return session.worker.evaluate(() => (globalThis as unknown as { icons: string[] }).icons.at(-1));
}

test("a pause is shown, until it is over", async () => {
  await watchIcons();
  await session.extension.configure({ paused: true });
  assert.match((await shows("II")).title, /Paused/);
  await until("the icon is grey", async () => /off-16/.test((await lastIcon()) ?? ""));
  await session.extension.configure({ paused: false });
  assert.equal((await shows("")).title, "Search what you have read");
  await until("the icon is in colour", async () => /icons\/16/.test((await lastIcon()) ?? ""));
});

test("a pause that has an end is over then, though nothing else happens", async () => {
  await session.extension.configure({ pausedUntil: Date.now() + 3_000 });
  await shows("II");
  // The browser's alarms ring half a minute later at the soonest.
  await until("the mark is gone", async () => (await button()).text === "", 60);
});

test("a tab whose page is excluded is marked, no other one, and no longer when the rule is gone", async () => {
  const url = ownUrl("volcano");
  await session.extension.ask({ type: "setSite", site: "volcano.own.test", level: "never" });
  await session.open(ownUrl("tides"));
  const page = await session.open(url);
  assert.match((await shows("–", url)).title, /not read/);
  assert.equal((await button(ownUrl("tides"))).text, "");
  assert.equal((await button()).text, "");

  // The next page in the same tab is another matter.
  await page.goto(ownUrl("honeybees"));
  await shows("", ownUrl("honeybees"));
  await page.goto(url);
  await shows("–", url);
  await session.extension.ask({ type: "setSite", site: "volcano.own.test", level: null });
  await shows("", url);
});

test("what is left to read is counted while it is much", async () => {
  await session.open(ownUrl("big"));
  const seen = await until(
    "the button counts",
    async () => {
      const { text } = await button();
      return /^\d+k?$/.test(text) && text;
    },
    60,
  );
  assert.ok(Number.parseInt(seen, 10) > 0);
  await session.extension.ask({ type: "forget", scope: "everything" });
  await session.extension.configure({});
  await shows("");
});

test("a problem is shown", async () => {
  const copy = await ExtensionCopy.make();
  await copy.damageWeights("missing");
  const broken = await Session.start({ extension: copy.folder });
  try {
    // A question finds out that there is no model; what is done next shows it.
    await broken.extension.search("anything");
    await broken.extension.configure({});
    const state = await until("the mark is there", () =>
      broken.extension.page.evaluate(async () => {
        const [text, title] = [await chrome.action.getBadgeText({}), await chrome.action.getTitle({})];
        return text === "!" && title;
      }),
    );
    assert.match(state, /wrong/);
  } finally {
    await broken.close();
    await copy.remove();
  }
});
