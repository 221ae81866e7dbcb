/**
 * The text of a tree, one block a line.
 *
 * `textContent` glues the last word of a paragraph to the first of the next, `innerText` forces layout; so
 * the nodes are walked and lines are broken at block elements, known by name. Open shadow trees are read as
 * they are shown: a host's shadow tree in place of its children, a slot's nodes in place of the slot.
 */

import type { Steps } from "./idle.ts";

/** How much text is kept, bytes of UTF-8 (the protocol's limit). */
export const MAX_TEXT_BYTES = 256 * 1024;

/** An element's own style hides it. */
export function isHidden(element: Element): boolean {
  const style = element.getAttribute("style");
  return style !== null && /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style);
}

/** Which elements are read with all that is in them. */
export type Keep = (element: Element) => boolean;

const BLOCKS = new Set(
  (
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption " +
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre section summary " +
    "table tbody tfoot thead tr ul"
  ).split(" "),
);
/** Cells of one row belong to one line, but not to one word. */
const CELLS = new Set(["td", "th", "option"]);
/** What holds no prose, or code instead of text. */
const NO_TEXT = new Set(
  (
    "audio button canvas datalist embed head iframe input math meter noscript object progress script select " +
    "style svg template textarea title video"
  ).split(" "),
);
const NODES_A_STEP = 200;
/** A step is also over after this much text, UTF-16 units. */
const TEXT_A_STEP = 32 * 1024;

/** Of a line, this share of linked text makes it a link to elsewhere rather than prose. */
const LINKED = 0.6;
/** So much prose, UTF-16 units in lines of at least {@link PROSE_LINE}, and a page is more than a list. */
const PROSE = 1_000;
const PROSE_LINE = 100;

/**
 * Reads what is under `root`, up to {@link MAX_TEXT_BYTES}; stops by itself when that much is there.
 * With `dropLinks`, lines that are mostly links are left out if there is prose beside them: menus and
 * teasers that no landmark gives away. Where there is none, the links are the page.
 */
export function* readBlocks(root: Node, keep: Keep, dropLinks = false): Steps<string> {
  const lines = new Lines();
  const stack: Level[] = [{ nodes: childrenShown(root), block: true, pre: false, link: false }];
  let nodes = 0;
  let read = 0;
  while (!lines.full) {
    const level = stack.at(-1);
    if (level === undefined) break;
    const node = level.nodes.take();
    if (node === null) {
      if (level.block) lines.end();
      stack.pop();
      continue;
    }
    if (node instanceof Text) {
      const length = node.length;
      // More than the limit is never needed, and one node may hold many megabytes.
      for (let at = 0; at < length && !lines.full; at += TEXT_A_STEP) {
        const text = length <= TEXT_A_STEP ? node.data : node.substringData(at, TEXT_A_STEP);
        lines.add(text, level.pre, level.link);
        read += text.length;
        if (read >= TEXT_A_STEP) {
          read = 0;
          yield;
        }
      }
    } else if (node instanceof Element) {
      const name = node.localName;
      if (!NO_TEXT.has(name) && keep(node)) {
        // A custom element stands for a part of the page more often than for a word in a line.
        const block = BLOCKS.has(name) || name.includes("-");
        if (block) lines.end();
        else if (CELLS.has(name)) lines.add(" ", false, false);
        stack.push({
          nodes: childrenShown(node),
          block,
          pre: level.pre || name === "pre",
          link: level.link || name === "a",
        });
      }
    }
    nodes += 1;
    if (nodes % NODES_A_STEP === 0) yield;
  }
  return cap(lines.text(dropLinks));
}

interface Level {
  nodes: Siblings;
  block: boolean;
  pre: boolean;
  link: boolean;
}

/** The nodes of one level, one after the other. */
class Siblings {
  #next: Node | null;
  #assigned: Node[];

  constructor(next: Node | null, assigned: Node[] = []) {
    this.#next = next;
    this.#assigned = assigned;
  }

  take(): Node | null {
    const node = this.#next;
    if (node === null) return this.#assigned.shift() ?? null;
    // If the page removes a node between two slices, the rest of that level is lost: rare and harmless.
    this.#next = node.nextSibling;
    return node;
  }
}

function childrenShown(parent: Node): Siblings {
  if (parent instanceof Element && parent.shadowRoot !== null)
    return new Siblings(parent.shadowRoot.firstChild);
  if (parent instanceof HTMLSlotElement) {
    const assigned = parent.assignedNodes();
    if (assigned.length > 0) return new Siblings(null, assigned);
  }
  return new Siblings(parent.firstChild);
}

interface Line {
  text: string;
  /** How much of it is linked, UTF-16 units. */
  linked: number;
}

/** Collects text into lines; white space is one space, a blank line in preformatted text ends a line. */
class Lines {
  #done: Line[] = [];
  // Pieces, not one growing string: a line of 100,000 one-letter elements must not be copied each time.
  #pieces: string[] = [];
  #linked = 0;
  #spaced = true;
  #length = 0;

  /** As much as the limit could possibly hold is there: a UTF-16 unit is at least one byte. */
  get full(): boolean {
    return this.#length >= MAX_TEXT_BYTES;
  }

  add(text: string, preformatted: boolean, link: boolean): void {
    const [first = "", ...more] = preformatted ? text.split(/\n[^\S\n]*\n/) : [text];
    this.#append(first, link);
    for (const paragraph of more) {
      this.end();
      this.#append(paragraph, link);
    }
  }

  end(): void {
    if (this.#pieces.length > 0) {
      const text = this.#pieces.join("").trim();
      if (text !== "") this.#done.push({ text, linked: this.#linked });
      this.#pieces = [];
    }
    this.#linked = 0;
    this.#spaced = true;
  }

  text(dropLinks: boolean): string {
    this.end();
    const isLink = ({ text, linked }: Line) => linked > text.length * LINKED;
    let prose = 0;
    for (const line of this.#done) {
      if (line.text.length >= PROSE_LINE && !isLink(line)) prose += line.text.length;
    }
    const kept = dropLinks && prose >= PROSE ? this.#done.filter((line) => !isLink(line)) : this.#done;
    return kept.map(({ text }) => text).join("\n");
  }

  #append(text: string, link: boolean): void {
    let flat = text.replace(/\s+/g, " ");
    if (this.#spaced && flat.startsWith(" ")) flat = flat.slice(1);
    if (flat === "") return;
    this.#pieces.push(flat);
    this.#spaced = flat.endsWith(" ");
    this.#length += flat.length;
    if (link) this.#linked += flat.length;
  }
}

/**
 * The longest beginning of `text` within the limit, cut between characters. Lone surrogates, which cannot
 * be written as UTF-8, become U+FFFD.
 */
export function cap(text: string, bytes: number = MAX_TEXT_BYTES): string {
  const wellFormed = text.toWellFormed();
  const { read } = new TextEncoder().encodeInto(wellFormed, new Uint8Array(bytes));
  return wellFormed.slice(0, read);
}
