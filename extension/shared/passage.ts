// Where on its page a passage is: a few words at its beginning and at its end, as text fragments want them.
//
// A browser finds such words inside one block only, so they are taken from one line of the passage (a line is a
// block), the one with the first marked word.

import type { Piece } from "../../messages/messages.ts";

/** The words with which a passage begins and ends; `end` is null where `start` is all of it. */
export interface Passage {
  start: string;
  end: string | null;
}

/** Words at either end: enough to be the only such place on most pages, few enough to survive small edits. */
const START_WORDS = 6;
const END_WORDS = 4;
/** A line with fewer words says too little to be told from others. */
const FEW = 3;

/** The place of a result's passage, or null where it has no words. */
export function passageOf(snippet: readonly Piece[]): Passage | null {
  const text = snippet.map((piece) => piece.text).join("");
  const first = snippet.findIndex((piece) => piece.marked);
  const marked = snippet.slice(0, Math.max(0, first)).reduce((sum, piece) => sum + piece.text.length, 0);
  const lines: { words: string[]; marked: boolean }[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    // The ellipses are ours, not the page's.
    const words = line
      .replace(/^… /, "")
      .replace(/(^| )…$/, "")
      .split(/\s+/)
      .filter(Boolean);
    lines.push({ words, marked: first >= 0 && at <= marked && marked < at + line.length });
    at += line.length + 1;
  }
  const line =
    lines.find((each) => each.marked) ?? lines.find(({ words }) => words.length >= FEW) ?? lines[0];
  if (!line || line.words.length === 0) return null;
  const { words } = line;
  if (words.length <= START_WORDS + END_WORDS) return { start: words.join(" "), end: null };
  return { start: words.slice(0, START_WORDS).join(" "), end: words.slice(-END_WORDS).join(" ") };
}

/** The address that opens a page at a passage: https://wicg.github.io/scroll-to-text-fragment/ */
export function addressAt(url: string, passage: Passage | null): string {
  // Pages whose fragment is their route (`#/`, `#!`) come too late for it, and would be another page in the history.
  if (!passage || /#[/!]/.test(url)) return url;
  const words = [passage.start, passage.end].filter((each) => each !== null).map(encode);
  return `${url}${url.includes("#") ? "" : "#"}:~:text=${words.join(",")}`;
}

/** A hyphen would be read as the border of the text's surroundings. */
function encode(words: string): string {
  return encodeURIComponent(words.toWellFormed()).replaceAll("-", "%2D");
}
