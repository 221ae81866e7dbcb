// What is left of what was read, wherever an extension can keep something.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import { OF_PAGES, readTable } from "./database.ts";

/** Rows that say nothing of pages: what a person chose, how fast the machine is, which models are there. */
const NOT_OF_PAGES = new Set(["settings", "measurements", "models"]);

/** Asserts that nothing of any page is left; asked from one of the extension's own pages. */
export async function assertNothingRemains(page: Page): Promise<void> {
  for (const table of OF_PAGES)
    assert.deepEqual(await readTable(page, table), [], `rows are left in ${table}`);
  const meta = (await readTable(page, "meta")).map(({ key }) => key);
  assert.deepEqual(
    meta.filter((key) => !NOT_OF_PAGES.has(key)),
    [],
    "rows are left in meta",
  );
  const elsewhere = await page.evaluate(async () => {
    const files: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) files.push(name);
    const databases = await indexedDB.databases();
    return {
      databases: databases.map(({ name }) => name).filter((name) => name !== "afterimage"),
      caches: await caches.keys(),
      files,
      local: await chrome.storage.local.get(),
      session: await chrome.storage.session.get(),
      ofThePages: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
    };
  });
  const nothing = { databases: [], caches: [], files: [], local: {}, session: {}, ofThePages: [] };
  assert.deepEqual(elsewhere, nothing, "something is left outside of the database");
}
