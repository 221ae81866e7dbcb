// Forgetting one page, and taking that back. The background keeps only the page that was forgotten last, so of all
// lists of a document only that which forgot last offers it.

import { ask } from "./browser.ts";
import { counted, text } from "./strings.ts";

/** For how long "Undo" is offered, in ms: a little less than the background can do it. */
const OFFERED = 28_000;

/** What shows the pages. */
export interface ForgettingPlace {
  /** The page is forgotten now: "Undo" comes into its place. */
  forgotten(page: string): void;
  /** It is back. */
  restored(): void;
  /** It cannot be taken back any more. */
  settle(): void;
  /** What was done, to be shown and, where that is more, to be heard. */
  tell(what: string, heard?: string): void;
}

/** Who offers it. */
let offering: Forgetting | null = null;

export class Forgetting {
  readonly #place: ForgettingPlace;
  #ends: ReturnType<typeof setTimeout> | undefined;

  constructor(place: ForgettingPlace) {
    this.#place = place;
  }

  async forget(page: string): Promise<void> {
    const { pages, undo } = await ask({ type: "forget", scope: "page", page });
    offering?.settle();
    offering = this;
    this.#place.forgotten(page);
    if (undo) this.#ends = setTimeout(() => this.settle(), OFFERED);
    else this.settle();
    const what = counted("forgotten", pages);
    this.#place.tell(what, undo ? `${what}. ${text("undoHint")}` : what);
  }

  async undo(title: string): Promise<void> {
    clearTimeout(this.#ends);
    const { pages } = await ask({ type: "undo" });
    if (pages === 0) {
      this.settle();
      this.#place.tell(text("undoTooLate"));
      return;
    }
    offering = null;
    this.#place.restored();
    this.#place.tell(text("undone", title));
  }

  /** Ends the offer: something else was forgotten, or its time is over. */
  settle(): void {
    clearTimeout(this.#ends);
    if (offering !== this) return;
    offering = null;
    this.#place.settle();
  }
}

/** Whether a key on a page that was just forgotten takes that back. */
export function takesBack(event: KeyboardEvent): boolean {
  return event.key === "Enter" || (event.key === "z" && (event.ctrlKey || event.metaKey));
}
