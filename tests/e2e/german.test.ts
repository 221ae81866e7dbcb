// In a browser that speaks German the pages do, and say so; numbers and plurals follow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "./harness/session.ts";
import { PATIENCE } from "./harness/until.ts";

test("a German browser gets German pages", async () => {
  // Linux asks the environment, other systems the switch.
  process.env.LANGUAGE = "de";
  const session = await Session.start({ args: ["--lang=de"] });
  try {
    const welcome = session.extension.page;
    assert.match(await welcome.title(), /Willkommen/);
    assert.match(await welcome.evaluate(() => document.documentElement.lang), /^de/);
    const options = await session.chromium.browser.newPage();
    await options.goto(session.extension.url("options/options.html"));
    await options.waitForSelector("#counts dd", { timeout: 30_000 * PATIENCE });
    const sections = await options.$$eval("#sections a", (links) => links.map((link) => link.textContent));
    assert.deepEqual(sections.slice(0, 2), ["Privatsphäre", "Speicher"]);
    const limits = await options.$eval("#keep-days", (select) => select.textContent ?? "");
    assert.match(limits, /1\.825 Tagen/);
  } finally {
    await session.close();
  }
});
