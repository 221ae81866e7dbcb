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

/** `main` says of itself that it is what the page is about, `beside` that it is not. */
export type Kind = "plain" | "main" | "article" | "beside";

/** What an element is: `null` is not read, with all that is in it. */
export type Judge = (element: Element, isBlock: boolean) => Kind | null;

/** A line of text, white space made one space. */
export interface Line {
  text: string;
  /** How much of it is linked, UTF-16 units. */
  linked: number;
}

/** A block element: the lines in it, `first` to before `end`. */
export interface Box {
  kind: Kind;
  first: number;
  end: number;
}

/** What is written on a page, and where. */
export interface Blocks {
  lines: Line[];
  /** In the order in which they end: what is inside comes first. */
  boxes: Box[];
}

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

/** Reads what is under `root`, up to {@link MAX_TEXT_BYTES}; stops by itself when that much is there. */
export function* readBlocks(root: Element, judge: Judge): Steps<Blocks> {
  const reader = new Reader(root, judge);
  // A function of its own: the engine makes a loop in a generator fast far later.
  while (reader.step()) yield;
  return reader.blocks();
}

class Reader {
  readonly #judge: Judge;
  readonly #lines = new Lines();
  readonly #boxes: Box[] = [];
  readonly #stack: Level[] = [];
  /** A text too long for one step, and how much of it was read. */
  #long: { node: Text; at: number } | null = null;

  constructor(root: Element, judge: Judge) {
    this.#judge = judge;
    enter(this.#stack, root, { kind: "plain", first: 0, end: 0 }, false, false);
  }

  /** Reads on, for well under a millisecond. `false`: all is read. */
  step(): boolean {
    const lines = this.#lines;
    let read = 0;
    for (let nodes = 0; nodes < NODES_A_STEP && read < TEXT_A_STEP; nodes += 1) {
      const level = this.#stack.at(-1);
      if (level === undefined || lines.full) return false;
      if (this.#long !== null) {
        read += this.#readLong(this.#long, level);
        continue;
      }
      const node = level.next;
      if (node === null) {
        this.#leave(level);
        continue;
      }
      // If the page removes a node between two slices, the rest of that level is lost: rare and harmless.
      level.next = level.slotted === null ? node.nextSibling : (level.slotted.shift() ?? null);
      // The kind of a node is a number, and asking for it much faster than for its class.
      switch (node.nodeType) {
        case Node.TEXT_NODE:
        case Node.CDATA_SECTION_NODE: {
          const text = node as Text;
          if (text.length > TEXT_A_STEP) this.#long = { node: text, at: 0 };
          else read += lines.add(text.data, level.pre, level.link);
          break;
        }
        case Node.ELEMENT_NODE:
          this.#element(node as Element, level);
      }
    }
    return true;
  }

  /** What was read, in the end. */
  blocks(): Blocks {
    // Where the limit was reached, what is open ends there.
    for (let level = this.#stack.at(-1); level !== undefined; level = this.#stack.at(-1)) this.#leave(level);
    this.#lines.end();
    return { lines: this.#lines.done, boxes: this.#boxes };
  }

  #element(element: Element, level: Level): void {
    const name = element.localName;
    // A custom element stands for a part of the page more often than for a word in a line.
    const isBlock = BLOCKS.has(name) || name.includes("-");
    const kind = NO_TEXT.has(name) ? null : this.#judge(element, isBlock);
    if (kind === null) return;
    const box = isBlock ? { kind, first: this.#lines.end(), end: 0 } : null;
    if (CELLS.has(name)) this.#lines.add(" ", false, false);
    enter(this.#stack, element, box, level.pre || name === "pre", level.link || name === "a");
  }

  #leave({ box }: Level): void {
    this.#stack.pop();
    if (box === null) return;
    box.end = this.#lines.end();
    if (box.end > box.first) this.#boxes.push(box);
  }

  /** More than the limit is never needed, and one node may hold many megabytes. */
  #readLong(long: { node: Text; at: number }, level: Level): number {
    const text = long.node.substringData(long.at, TEXT_A_STEP);
    long.at += TEXT_A_STEP;
    if (long.at >= long.node.length) this.#long = null;
    return this.#lines.add(text, level.pre, level.link);
  }
}

/** The nodes in an element, as they are shown, one after the other. */
interface Level {
  next: Node | null;
  /** What comes after `next` where that is not its sibling. */
  slotted: Node[] | null;
  /** `null` in what is part of a line. */
  box: Box | null;
  pre: boolean;
  link: boolean;
}

function enter(stack: Level[], element: Element, box: Box | null, pre: boolean, link: boolean): void {
  let next: Node | null = (element.shadowRoot ?? element).firstChild;
  let slotted: Node[] | null = null;
  if (element.localName === "slot" && element instanceof HTMLSlotElement) {
    const assigned = element.assignedNodes();
    if (assigned.length > 0) {
      next = assigned.shift() ?? null;
      slotted = assigned;
    }
  }
  stack.push({ next, slotted, box, pre, link });
}

/** Collects text into lines; white space is one space, a blank line in preformatted text ends a line. */
class Lines {
  done: Line[] = [];
  // Pieces, not one growing string: a line of 100,000 one-letter elements must not be copied each time.
  #pieces: string[] = [];
  #linked = 0;
  #length = 0;

  /** As much as the limit could possibly hold is there: a UTF-16 unit is at least one byte. */
  get full(): boolean {
    return this.#length >= MAX_TEXT_BYTES;
  }

  /** Gives how long the text is, UTF-16 units. */
  add(text: string, preformatted: boolean, link: boolean): number {
    const [first = "", ...more] = preformatted ? text.split(/\n[^\S\n]*\n/) : [text];
    this.#append(first, link);
    for (const paragraph of more) {
      this.end();
      this.#append(paragraph, link);
    }
    return text.length;
  }

  /** Ends the line, if one was begun. Gives how many there are. */
  end(): number {
    if (this.#pieces.length > 0) {
      // Once a line, not once a piece: on a page seen for the first time the expression is interpreted.
      const text = this.#pieces.join("").replace(/\s+/g, " ").trim();
      this.done.push({ text, linked: this.#linked });
      this.#pieces = [];
    }
    this.#linked = 0;
    return this.done.length;
  }

  #append(text: string, link: boolean): void {
    const length = text.trim().length;
    // Most texts are the white space between two elements.
    if (length === 0 && this.#pieces.length === 0) return;
    this.#pieces.push(text);
    this.#length += length;
    if (link) this.#linked += length;
  }
}

/**
 * The longest beginning of `text` within the limit, cut between characters. Lone surrogates, which cannot
 * be written as UTF-8, become U+FFFD.
 */
export function cap(text: string, bytes: number = MAX_TEXT_BYTES): string {
  const wellFormed = text.toWellFormed();
  // A UTF-16 unit is at most three bytes.
  if (wellFormed.length * 3 <= bytes) return wellFormed;
  const { read } = new TextEncoder().encodeInto(wellFormed, new Uint8Array(bytes));
  return wellFormed.slice(0, read);
}
