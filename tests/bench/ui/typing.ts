// Typing questions into the popup: how soon rows are there, and what a key costs.

import { openPopup, waitForRows } from "../../e2e/harness/popup.ts";
import type { Session } from "../../e2e/harness/session.ts";
import { sleep } from "../../e2e/harness/until.ts";
import { workOf } from "./work.ts";

const QUESTIONS = [
  "baking sourdough at home",
  "old bicycles after a storm",
  "bees that vote",
  "paint wooden windows",
];
/** A quick typist, ms between two keys. */
const BETWEEN = 110;
/** With fewer letters any answer is one to somebody else's question. */
const ROUNDS = 2;

export interface Typed {
  /** From a key to the rows that have its words. */
  words: number[];
  /** From the last key to the rows by meaning. */
  meaning: number[];
  /** What the main thread did for a key, the reading of its answer included. */
  work: number[];
}

export async function typing(session: Session): Promise<Typed> {
  const typed: Typed = { words: [], meaning: [], work: [] };
  const popup = await openPopup(session);
  const work = await workOf(popup);
  await popup.waitForSelector("#message[data-kind=empty]");
  await popup.evaluate(() => {
    const query = document.querySelector<HTMLInputElement>("#query");
    const list = document.querySelector<HTMLElement>("#results");
    if (!query || !list) throw new Error("no search");
    const seen = { pressed: 0, words: [] as number[], meaning: [] as number[] };
    Object.assign(globalThis, { seen });
    let answered = "";
    query.addEventListener("keydown", (event) => {
      seen.pressed = event.timeStamp;
    });
    // After each change that the popup makes: which question do the rows answer, and how?
    new MutationObserver(() => {
      const { query: asked = "", mode = "" } = list.dataset;
      if (asked === "" || asked !== query.value.trim() || `${asked}/${mode}` === answered) return;
      answered = `${asked}/${mode}`;
      const pressed = seen.pressed;
      // Drawn, when the frame after this one begins.
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          seen[mode === "words" ? "words" : "meaning"].push(performance.now() - pressed),
        ),
      );
    }).observe(list, { attributes: true });
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const question of QUESTIONS) {
      for (const [at, key] of [...question].entries()) {
        const before = await work();
        await popup.keyboard.press(key as "a");
        await sleep(BETWEEN);
        if (at + 1 < question.length) typed.work.push((await work()) - before);
      }
      await waitForRows(popup, question);
      await sleep(BETWEEN);
      await popup.keyboard.press("Escape");
      await sleep(BETWEEN);
    }
  }
  const seen = await popup.evaluate(
    () => (globalThis as unknown as { seen: { words: number[]; meaning: number[] } }).seen,
  );
  typed.words.push(...seen.words);
  typed.meaning.push(...seen.meaning);
  await popup.close();
  return typed;
}
