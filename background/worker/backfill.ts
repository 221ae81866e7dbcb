// Brings what the browser's history and bookmarks know to the Rust side, piece by piece, whenever that asks for it: one
// more kind of step, so that it rests as all work does. What is asked for, and what is kept of it, Rust decides.

import type { BackfillEntry, BackfillRead } from "../../messages/messages.ts";
import type { Chores } from "./work.ts";

/** The Rust side. */
export interface Taker extends Chores {
  /** What to read next (a {@link BackfillRead}), or `undefined`. */
  backfillNext(): unknown;
  backfillTake(read: BackfillRead, entries: BackfillEntry[]): Promise<void>;
}

/** The browser. */
export interface Sources {
  /** Addresses visited before a time, the newest first. */
  readHistory(before: number, limit: number): Promise<BackfillEntry[]>;
  /** Bookmarks in the order of their identifiers; none where the permission is missing. */
  readBookmarks(after: string | null, limit: number): Promise<BackfillEntry[]>;
}

/**
 * The browser's own process works at least as long as ours meanwhile: it reads the history and writes hundreds of rows.
 * Measured with ten thousand addresses: two fifths of a core are ours, rests counted.
 */
const OWN_SHARE = 0.5;

/** The background's chores, and the browser's part in them. */
export function withBackfill(background: Taker, sources: Sources): Chores {
  let share = 1;
  return {
    hasWork: () => background.hasWork(),
    sleepsFor: () => background.sleepsFor?.(),
    get share() {
      return share;
    },
    async step() {
      const read = background.backfillNext() as BackfillRead | undefined;
      share = read === undefined ? 1 : OWN_SHARE;
      if (read === undefined) return background.step();
      const entries =
        read.source === "history"
          ? await sources.readHistory(read.before, read.limit)
          : await sources.readBookmarks(read.after, read.limit);
      await background.backfillTake(read, entries);
      return true;
    },
  };
}
