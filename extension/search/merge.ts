// How the answer by meaning takes the place of the answer by words that is already on the screen.
//
// Two promises to the reader: what they chose does not move, and while the question is still short, a
// literal match is not pushed away by a guess.

import type { Hit, Order } from "../../messages/messages.ts";

/** Below this many characters the meaning of a question is a guess. */
export const SHORT_QUERY = 12;
/** Rows that word matches hold while the question is short. */
const HELD = 3;

/** What is on the screen when the hybrid answer comes. */
export interface Screen {
  /** What was typed. */
  query: string;
  /** In which order it was asked for. */
  order: Order;
  /** The answer by words to the same question. */
  words: readonly Hit[];
  /** The rows shown, in order. */
  shown: readonly Hit[];
  /** The row that a person chose, if any. */
  reading: Hit | null;
}

/** The rows to show: `hybrid` in its order, but for the two promises. */
export function mergeHybrid(hybrid: readonly Hit[], screen: Screen): Hit[] {
  const fresh = new Map(hybrid.map((hit) => [hit.page, hit]));
  const held =
    screen.order === "best" && [...screen.query.trim()].length < SHORT_QUERY
      ? screen.words.slice(0, HELD).map((hit) => fresh.get(hit.page) ?? hit)
      : [];
  const pages = new Set(held.map((hit) => hit.page));
  const rows = [...held, ...hybrid.filter((hit) => !pages.has(hit.page))];

  const { reading } = screen;
  if (!reading) return rows;
  const index = screen.shown.findIndex((hit) => hit.page === reading.page);
  const others = rows.filter((hit) => hit.page !== reading.page);
  others.splice(Math.max(0, index), 0, fresh.get(reading.page) ?? reading);
  return others;
}
