// The query language, typed into the popup by keys.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";

let session: Session;
let popup: Page;

before(async () => {
  session = await Session.start();
  for (const name of ["tides", "sourdough", "spa"]) await session.read(ownUrl(name));
  await session.extension.waitIndexed(60);
  popup = await openPopup(session);
});

after(() => session.close());

/** The addresses found for a question, sorted. */
async function found(question: string): Promise<string[]> {
  await popup.click("#query", { count: 3 });
  await popup.keyboard.press("Delete");
  await popup.keyboard.type(question);
  return (await waitForRows(popup, question)).map((row) => row.url).sort();
}

test("a phrase, an exclusion, a site and a date are kept to", async () => {
  const site = "own.test";
  const all = ["sourdough", "spa", "tides"].map(ownUrl).sort();
  assert.deepEqual(await found(`site:${site}`), all);
  assert.deepEqual(await found(`site:${site} after:yesterday`), all);
  assert.deepEqual(await found(`site:${site} before:yesterday`), []);
  assert.deepEqual(
    await found(`site:${site} -Fundy`),
    all.filter((url) => url !== ownUrl("tides")),
  );
  assert.deepEqual(await found('"Bay of Fundy"'), [ownUrl("tides")]);
  assert.deepEqual(await found('"Fundy of Bay"'), []);
});

test("a word that is only begun, and one that is mistyped, find what is meant", async () => {
  assert.deepEqual(await found("sourd"), [ownUrl("sourdough")]);
  assert.equal((await found("sourdouhg"))[0], ownUrl("sourdough"));
});

test("a page that says nearly the same is no row of its own", async () => {
  const article = await readFile("tests/pages/articles/tides.html", "utf8");
  session.server.set(ownUrl("print"), article.replace("</p>", " Printed for you.</p>"));
  await session.read(ownUrl("print"));
  await session.extension.waitIndexed(60);
  const rows = await found('"Bay of Fundy"');
  assert.equal(rows.length, 1);
  assert.equal(await popup.$eval(".row-alike", (note) => note.textContent), "and 1 more like it");
});

test("the popup says what can be typed", async () => {
  await found('"no page says this"');
  await popup.waitForSelector("#message[data-kind=none] details.tips");
  await popup.focus("details.tips summary");
  await popup.keyboard.press("Enter");
  const shown = await popup.$eval("details.tips", (tips) => ({
    open: tips.open,
    words: tips.textContent ?? "",
  }));
  assert.ok(shown.open, "by the keyboard");
  for (const operator of ["site:", "after:", "before:", "in:title"])
    assert.ok(shown.words.includes(operator));
});
