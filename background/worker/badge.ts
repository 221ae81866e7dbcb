// The marks on the toolbar button: what is going on everywhere, and that a tab's page is not read.
//
// It is never looked for: whoever changed something says so, and the state is read a moment later, once for all
// changes in between.

import type { Reply, SkipReason, State } from "../../messages/messages.ts";
import type { ButtonState } from "./browser.ts";

/** The shortest time between two looks at the state, ms. */
const PAUSE = 1_000;
/** With less than this left to read the button stays plain: it would flicker with every page. */
const MANY = 20;
const NOTHING: ButtonState = { text: "", color: "", title: null, reads: true };
/** The mark of a tab whose page is not read. */
const NOT_HERE = "–";
const BUSY = "#4a3fb5";
const QUIET = "#625d75";
const PROBLEM = "#9a4b00";
/** Reasons that are about the page, not about when to read. */
const OF_THE_PAGE: ReadonlySet<SkipReason> = new Set([
  "privateAddress",
  "sensitiveSite",
  "searchResults",
  "passwordField",
  "cardField",
  "excluded",
  "noArchive",
]);

/** What the browser does for it. */
export interface Button {
  markButton(state: ButtonState, tabId?: number): Promise<void>;
  unmarkTabs(mark: string, tabIds?: readonly number[]): Promise<void>;
  message(key: string, ...substitutions: string[]): string;
}

export class Badge {
  readonly #state: () => Promise<State | null>;
  readonly #button: Button;
  #due: ReturnType<typeof setTimeout> | undefined;
  /** What the button shows, as far as this life of the worker knows. */
  #shown = "";

  constructor(state: () => Promise<State | null>, button: Button) {
    this.#state = state;
    this.#button = button;
  }

  /** Something may have changed. */
  refresh(): void {
    this.#due ??= setTimeout(() => void this.#paint(), PAUSE);
  }

  /** Other rules hold by a person's choice: what tabs were marked for may be over, and the answer is due at once. */
  async rulesChanged(): Promise<void> {
    await Promise.all([this.#button.unmarkTabs(NOT_HERE), this.#paint()]);
  }

  /** A tab's page offered itself or its text, and this was the answer. */
  answered(tab: number, reply: unknown): void {
    const skip = skipOf(reply);
    if (skip === undefined) return;
    const marked =
      skip !== null && OF_THE_PAGE.has(skip)
        ? this.#button.markButton(
            { text: NOT_HERE, color: QUIET, title: this.#button.message("titleExcluded"), reads: false },
            tab,
          )
        : this.#button.unmarkTabs(NOT_HERE, [tab]);
    // The tab may be closed by now.
    marked.catch(() => undefined);
  }

  async #paint(): Promise<void> {
    clearTimeout(this.#due);
    this.#due = undefined;
    const state = await this.#state();
    if (state === null) return;
    const next = this.#look(state);
    const key = JSON.stringify(next);
    if (key === this.#shown) return;
    this.#shown = key;
    await this.#button.markButton(next);
  }

  #look(state: State): ButtonState {
    const left = state.queued + (state.sparing ? 0 : state.unembedded);
    if (!state.settings.consent) return NOTHING;
    if (state.problem !== null)
      return { text: "!", color: PROBLEM, title: this.#button.message("titleProblem"), reads: true };
    if (state.paused)
      return { text: "II", color: QUIET, title: this.#button.message("titlePaused"), reads: false };
    if (left < MANY) return NOTHING;
    const shown = left < 1000 ? String(left) : `${Math.min(999, Math.floor(left / 1000))}k`;
    return { text: shown, color: BUSY, title: this.#button.message("titleBusy", String(left)), reads: true };
  }
}

/** Why a page was refused; null if it was not, undefined if the reply is about something else. */
function skipOf(reply: unknown): SkipReason | null | undefined {
  const ok = (reply as Partial<Extract<Reply, { ok: unknown }>> | undefined)?.ok;
  if (ok?.type === "wanted") return ok.skip;
  if (ok?.type === "captured") return ok.outcome === "skipped" ? ok.reason : null;
  return undefined;
}
