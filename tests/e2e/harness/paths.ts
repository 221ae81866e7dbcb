// Where things lie. Tests run from the project's root (build.sh sees to that), so paths are relative to it.

import { existsSync } from "node:fs";
import path from "node:path";

/** The built extension. */
export const EXTENSION = path.resolve(process.env.AFTERIMAGE_EXTENSION ?? "dist/chrome");
/** Our own pages and articles. */
export const OWN_PAGES = path.resolve("tests/pages");
/** 129 real pages, or `null` where the shared data is absent. */
export const REAL_PAGES = existing(
  path.resolve(process.env.AFTERIMAGE_DATA ?? "../shared/data", "readability-test-pages"),
);
/** The browser. */
export const CHROME = process.env.CHROME ?? "/usr/bin/chromium";

/** Why a test that needs real pages cannot run here; `null` where it can. */
export const NO_REAL_PAGES =
  REAL_PAGES === null
    ? "the real pages are not here: set AFTERIMAGE_DATA to a folder that holds readability-test-pages"
    : null;

function existing(folder: string): string | null {
  return existsSync(folder) ? folder : null;
}

/** Says what is missing before a browser fails with something less clear. */
export function requireBuild(): void {
  if (!existsSync(path.join(EXTENSION, "manifest.json")))
    throw new Error(`${EXTENSION} holds no extension: run ./build.sh first`);
  if (!existsSync(CHROME))
    throw new Error(`${CHROME} is not there: install Chromium or set CHROME to its path`);
}
