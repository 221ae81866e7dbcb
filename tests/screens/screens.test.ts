// Every surface in every state, light and dark: as it was looked at when the picture was kept, and nothing for axe to
// complain about.
//
// The answers come from stage/world.ts instead of the background, except for one picture of the real thing.
//   UPDATE_SCREENS=1   keeps new pictures; look at each before it is committed
//   SCREENS=popup-     only those whose name has this in it

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { skipWhere } from "../e2e/harness/missing.ts";
import { ownUrl } from "../e2e/harness/pages.ts";
import { Session } from "../e2e/harness/session.ts";
import { PATIENCE } from "../e2e/harness/until.ts";
import { OPTIONS, SECTIONS } from "./scenes/options.ts";
import { PANEL } from "./scenes/panel.ts";
import { ask, POPUP } from "./scenes/popup.ts";
import { WELCOME } from "./scenes/welcome.ts";
import { complaints } from "./stage/axe.ts";
import { otherFonts } from "./stage/fonts.ts";
import { compare, forgetDifferences, UPDATING } from "./stage/goldens.ts";
import { type Scene, worldOf } from "./stage/scene.ts";
import { enter, NOW } from "./stage/world.ts";

const REAL: Scene = {
  name: "popup-real",
  file: "popup/popup.html",
  size: { width: 480, height: 580 },
  act: (page) => ask(page, "when does a volcano warn us"),
};
const SCENES = [REAL, ...POPUP, ...PANEL, ...OPTIONS, ...WELCOME].filter(({ name }) =>
  name.includes(process.env.SCREENS ?? ""),
);
const SCHEMES = ["light", "dark"] as const;

let session: Session;
let other: string | null;
before(async () => {
  forgetDifferences();
  session = await Session.start({ args: ["--force-device-scale-factor=1", "--font-render-hinting=none"] });
  await session.readAll(["volcano", "tides", "sourdough"].map(ownUrl));
  await session.extension.waitIndexed(90);
  const blank = await session.chromium.browser.newPage();
  other = await otherFonts(blank, UPDATING);
  await blank.close();
});
after(() => session.close());

async function open(scene: Scene): Promise<Page> {
  const page = await session.chromium.browser.newPage({ type: "window" });
  page.setDefaultTimeout(15_000 * PATIENCE);
  await page.setViewport({ ...scene.size, deviceScaleFactor: 1 });
  await page.emulateTimezone("UTC");
  await page.emulateMediaFeatures(features("light"));
  await page.evaluateOnNewDocument(enter, worldOf(scene), NOW);
  await page.goto(session.extension.url(scene.file));
  await scene.act?.(page);
  return page;
}

function features(scheme: (typeof SCHEMES)[number]): { name: string; value: string }[] {
  return [
    { name: "prefers-color-scheme", value: scheme },
    { name: "prefers-reduced-motion", value: "reduce" },
  ];
}

/** Everything is drawn: icons have come, and two frames have passed. */
async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))),
  );
}

async function picture(page: Page, scene: Scene): Promise<Uint8Array> {
  if (scene.of === undefined) return page.screenshot();
  const part = await page.$(scene.of);
  if (part === null) throw new Error(`there is no ${scene.of}`);
  return part.screenshot();
}

for (const scene of SCENES) {
  test(scene.name, async (t) => {
    const page = await open(scene);
    const wrong: string[] = [];
    for (const scheme of SCHEMES) {
      await page.emulateMediaFeatures(features(scheme));
      await drawn(page);
      const differs =
        other === null || UPDATING ? compare(`${scene.name}.${scheme}`, await picture(page, scene)) : null;
      if (differs !== null) wrong.push(differs);
      wrong.push(
        ...(await complaints(page, scheme === "dark")).map((complaint) => `${scheme}: ${complaint}`),
      );
    }
    await page.close();
    assert.deepEqual(wrong, []);
    const missing = skipWhere(UPDATING ? null : other);
    if (missing !== false) t.skip(missing);
  });
}

test("texts in another language than the browser's keep their own direction", async () => {
  const page = await session.chromium.browser.newPage();
  await page.evaluateOnNewDocument(() => {
    const message = chrome.i18n.getMessage.bind(chrome.i18n);
    Object.defineProperty(chrome.i18n, "getUILanguage", { value: () => "ar" });
    Object.defineProperty(chrome.i18n, "getMessage", {
      value: (key: string, parts?: string[]) => (key === "@@bidi_dir" ? "rtl" : message(key, parts ?? [])),
    });
  });
  await page.goto(session.extension.url("options/options.html"));
  await page.waitForFunction(() => document.documentElement.lang === "en");
  assert.equal(await page.evaluate(() => document.documentElement.dir), "");
  await page.close();
});

test("every section of the options has its picture", async () => {
  const page = await session.chromium.browser.newPage();
  await page.goto(session.extension.url("options/options.html"));
  const ids = await page.$$eval("main > section[id]", (sections) => sections.map(({ id }) => id));
  await page.close();
  assert.deepEqual(ids, SECTIONS);
});
