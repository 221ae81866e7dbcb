/** The real pages of shared/data, where they are. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const FOLDER = path.join(process.env.AFTERIMAGE_DATA ?? "../shared/data", "readability-test-pages");

/** Why tests with real pages cannot run here; `null` where they can. */
export const noRealPages: string | null = existsSync(FOLDER)
  ? null
  : `${FOLDER} is not there: set AFTERIMAGE_DATA to the folder that holds readability-test-pages`;

/** The names of all real pages, in a stable order. */
export async function realPages(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** A page as it was on the web, or `undefined` if there is no such page. */
export async function sourceOf(name: string): Promise<Buffer | undefined> {
  return readFile(path.join(FOLDER, name, "source.html")).catch(() => undefined);
}

/** What Readability's authors expect of it: HTML. */
export function expectedOf(name: string): Promise<string> {
  return readFile(path.join(FOLDER, name, "expected.html"), "utf8");
}
