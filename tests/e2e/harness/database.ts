// The extension's database, read and held from one of its own pages, behind the product's back.

import { createHash } from "node:crypto";
import type { Page } from "puppeteer-core";

/** The tables of `index/src/store`. */
export type Table =
  | "pages"
  | "passages"
  | "vectors"
  | "aliases"
  | "boilerplate"
  | "catalog"
  | "segments"
  | "queue"
  | "models"
  | "meta";

/** All tables that tell of what was read. */
export const OF_PAGES = [
  "pages",
  "passages",
  "vectors",
  "aliases",
  "boilerplate",
  "catalog",
  "segments",
  "queue",
] as const;

/** A row, its value only as a fingerprint. */
export interface Row {
  key: string;
  bytes: number;
  sha256: string;
}

/** All rows of a table as fingerprints. */
export async function rows(page: Page, table: Table): Promise<Row[]> {
  return (await readTable(page, table)).map(({ key, value }) => ({
    key,
    bytes: value.length,
    sha256: createHash("sha256").update(value).digest("hex"),
  }));
}

/** All rows of a table; none where the database does not exist yet (asking must not create it). */
export async function readTable(page: Page, table: Table): Promise<{ key: string; value: Buffer }[]> {
  const found = await page.evaluate(async (name) => {
    const known = await indexedDB.databases();
    if (!known.some((database) => database.name === "afterimage")) return [];
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open("afterimage");
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    try {
      const all = await new Promise<[IDBValidKey, unknown][]>((resolve, reject) => {
        const all: [IDBValidKey, unknown][] = [];
        const cursor = database.transaction(name).objectStore(name).openCursor();
        cursor.onerror = () => reject(cursor.error);
        cursor.onsuccess = () => {
          const at = cursor.result;
          if (at === null) return resolve(all);
          all.push([at.key, at.value]);
          at.continue();
        };
      });
      return await Promise.all(
        all.map(async ([key, value]) => {
          const blob =
            value instanceof Blob ? value : new Blob([isBytes(value) ? value : JSON.stringify(value)]);
          const bytes = new Uint8Array(await blob.arrayBuffer());
          const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
          return { key: String(key), hex };
        }),
      );
    } finally {
      database.close();
    }

    function isBytes(value: unknown): value is BufferSource {
      return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
    }
  }, table);
  return found.map(({ key, hex }) => ({ key, value: Buffer.from(hex, "hex") }));
}

/**
 * Opens a transaction and keeps it open until the function given back is called.
 *
 * `readonly` lets the worker read on and stops its next write before it starts; `readwrite` stops both. An
 * IndexedDB transaction lives only while it has requests, so one is always under way.
 */
export async function hold(
  page: Page,
  tables: Table[],
  mode: "readonly" | "readwrite",
): Promise<() => Promise<void>> {
  await page.evaluate(
    (names, how) =>
      new Promise<void>((resolve, reject) => {
        const state = globalThis as { holding?: boolean };
        state.holding = true;
        const opening = indexedDB.open("afterimage");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction(names, how);
          transaction.oncomplete = () => database.close();
          const store = transaction.objectStore(names[0] ?? "");
          const spin = () => {
            if (state.holding !== true) return;
            resolve();
            const request = store.get("\u0000");
            request.onsuccess = spin;
          };
          const first = store.get("\u0000");
          first.onsuccess = spin;
          first.onerror = () => reject(first.error);
        };
      }),
    tables,
    mode,
  );
  return () =>
    page.evaluate(() => {
      (globalThis as { holding?: boolean }).holding = false;
    });
}
