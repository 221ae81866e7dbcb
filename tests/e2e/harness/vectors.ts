// The vectors that are stored, read from the raw rows: what the product itself never shows.

import type { Page } from "puppeteer-core";
import { readTable } from "./database.ts";
import { Postcard } from "./postcard.ts";

/** A passage's vector. */
export interface StoredVector {
  /** The row and the passage's place in it. */
  passage: string;
  space: string;
  /** Eight bits a dimension; only the direction counts. */
  values: Int8Array;
}

/** The vectors of all passages that have one, those of leads included. */
export async function storedVectors(page: Page): Promise<StoredVector[]> {
  const rows = await readTable(page, "vectors");
  return rows.flatMap(({ key, value }) => {
    const row = Postcard.ofRow(value);
    row.number(); // The page's number.
    const space = row.bytes().toString("utf8");
    const dimensions = row.number();
    const present = row.number();
    const values = new Int8Array(row.bytes());
    const places = Array.from({ length: 16 }, (_, n) => n).filter((n) => (present >> n) & 1);
    return places.map((place, n) => ({
      passage: `${key}#${place}`,
      space,
      values: values.slice(n * dimensions, (n + 1) * dimensions),
    }));
  });
}

/** The cosine of two vectors. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
