// The texts that are stored, read from the raw rows, where they are deflated.

import { inflateRawSync } from "node:zlib";
import type { Page } from "puppeteer-core";
import { readTable } from "./database.ts";
import { Postcard } from "./postcard.ts";

/** The texts of all passages, a row's as one. */
export async function storedTexts(page: Page): Promise<string[]> {
  const rows = await readTable(page, "passages");
  return rows.map(({ value }) => {
    const row = Postcard.ofRow(value);
    row.number(); // The page's number.
    row.number(); // How many there are.
    return inflateRawSync(row.bytes()).toString("utf8");
  });
}
