// A profile with as many pages as people have after years: made up, but of the sizes of real ones, and taken in from a
// file as somebody would who moves to another machine.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { archiveOf, type FilePage } from "../../e2e/harness/archive.ts";
import type { Session } from "../../e2e/harness/session.ts";
import { until } from "../../e2e/harness/until.ts";
import { progress } from "../report/report.ts";

/** Passages of a page besides its title, and words of a passage. */
const PASSAGES = 9;
const WORDS = 60;
const DIMENSIONS = 384;
/** Different words, the n-th as frequent as Zipf has it. */
const VOCABULARY = 50_000;
const HOUR = 3_600_000;
/** For the whole file, s. */
const PATIENCE = 1_800;

/** Takes in so many pages, with their vectors. */
export async function takeIn(session: Session, count: number): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "afterimage-coldstart-"));
  try {
    progress(`making up ${count} pages`);
    const file = path.join(folder, "large.afterimage");
    await writeFile(file, archiveOf(pages(count)));
    const page = await session.chromium.browser.newPage();
    await page.goto(session.extension.url("options/options.html"));
    const input = await page.waitForSelector("input#import-file");
    await input?.uploadFile(file);
    await page.waitForSelector("#import-contents:not([hidden])", { timeout: 300_000 });
    await page.focus("#import-button");
    await page.keyboard.press("Enter");
    await until(
      `${count} pages are there`,
      async () => {
        const state = await session.extension.state();
        progress(`taken in ${state.pages} of ${count} pages`);
        const done = await page.$eval("#import-status", (status) => /Done/.test(status.textContent ?? ""));
        return done && state.pages >= count;
      },
      PATIENCE,
      2_000,
    );
    await page.close();
    await session.extension.waitIndexed(PATIENCE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pages(count: number): FilePage[] {
  const random = generator(20_000);
  const word = (): string => `w${Math.floor(VOCABULARY ** random()).toString(36)}`;
  const words = (length: number): string => Array.from({ length }, word).join(" ");
  return Array.from({ length: count }, (_, n) => ({
    url: `https://site${n % 900}.example/${n}`,
    title: words(6),
    passages: Array.from({ length: PASSAGES }, () => `${words(WORDS)}.`),
    seen: Date.now() - n * HOUR,
    // The title's, the passages', the lead's.
    vectors: Array.from({ length: PASSAGES + 2 }, () =>
      Int8Array.from({ length: DIMENSIONS }, () => Math.round((random() + random() - 1) * 100)),
    ),
  }));
}

/** Numbers from 0 to 1, the same ones every time (Numerical Recipes' generator). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
