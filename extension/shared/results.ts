// The list of results: rows, selection, keys. Shared by the popup and the side panel.
//
// The pattern is ARIA's combobox with a listbox: the focus never leaves the search box, and
// `aria-activedescendant` names the selected row. Options may hold no controls of their own, so "forget" and "keep"
// on a row are pointer-only marks; keys have Shift+Delete and Alt+P for them.
//
// What is forgotten leaves a row in its place, for as long as it can be taken back.

import type { Hit, Piece, Why } from "../../messages/messages.ts";
import { faviconOf } from "./browser.ts";
import { element } from "./dom.ts";
import { takesBack } from "./forgetting.ts";
import { ago, languageName, moment } from "./format.ts";
import { counted, type MessageKey, text } from "./strings.ts";

/** What a list asks its page to do. */
export interface ResultHandlers {
  /** Show the page, in the foreground or behind. */
  open(hit: Hit, where: "foreground" | "background"): void;
  /** Forget the page. */
  forget(hit: Hit): void;
  /** Take back what was forgotten last. */
  undo(hit: Hit): void;
  /** Keep the page from retention, or no longer. */
  pin(hit: Hit): void;
  /** Another row is selected, or none. */
  selected(hit: Hit | null): void;
}

const PAGE_STEP = 5;
const WHY: Record<Why, MessageKey> = { words: "whyWords", meaning: "whyMeaning", both: "whyBoth" };
const WHY_LONG: Record<Why, MessageKey> = {
  words: "whyWordsLong",
  meaning: "whyMeaningLong",
  both: "whyBothLong",
};

/** Characters of a passage shown before its first mark, and in all. */
const LEAD = 60;
const SHOWN = 260;

export class ResultList {
  readonly #list: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #handlers: ResultHandlers;
  #hits: readonly Hit[] = [];
  #rows = new Map<string, { shown: string; row: HTMLElement }>();
  #selected = 0;
  #chosen = false;
  /** The page that was forgotten last, while its row offers to take that back. */
  #forgotten: string | null = null;

  /** `list` must be a listbox, `input` the combobox that controls it. */
  constructor(list: HTMLElement, input: HTMLInputElement, handlers: ResultHandlers) {
    this.#list = list;
    this.#input = input;
    this.#handlers = handlers;
    // Keeps the focus in the search box.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("pointermove", (event) => {
      const index = this.#indexOf(event.target);
      if (index < 0 || (this.#chosen && index === this.#selected)) return;
      this.#select(index);
    });
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("auxclick", (event) => {
      if (event.button === 1) this.#click(event);
    });
  }

  /** What is shown, in order. */
  get hits(): readonly Hit[] {
    return this.#hits;
  }

  /** The selected page, if there is any row. */
  get selected(): Hit | null {
    return this.#hits[this.#selected] ?? null;
  }

  /** The page that a person chose by key or pointer: the one that must not move while they read it. */
  get reading(): Hit | null {
    return this.#chosen ? this.selected : null;
  }

  /** Shows these rows. The chosen row stays chosen; a list without one selects its first. */
  render(hits: readonly Hit[]): void {
    const chosen = this.reading?.page;
    const top = this.#topOf(chosen);
    const rows = new Map<string, { shown: string; row: HTMLElement }>();
    for (const hit of hits) {
      const gone = hit.page === this.#forgotten;
      const shown = JSON.stringify([hit, gone]);
      const before = this.#rows.get(hit.page);
      rows.set(hit.page, before?.shown === shown ? before : { shown, row: gone ? goneRow(hit) : rowOf(hit) });
      // The icon moves to the new row: it would be loaded anew, and flicker with every key.
      const [icon, made] = [before?.row.firstElementChild, rows.get(hit.page)?.row];
      if (icon && made && made !== before?.row) made.firstElementChild?.replaceWith(icon);
    }
    this.#hits = hits;
    this.#rows = rows;
    this.#list.replaceChildren(...[...rows.values()].map(({ row }) => row));
    const index = hits.findIndex((hit) => hit.page === chosen);
    this.#chosen = index >= 0;
    this.#selected = Math.max(0, index);
    this.#paint();
    // Rows above may have grown or shrunk: the chosen one stays where the eye is.
    if (index >= 0) this.#list.scrollTop += this.#topOf(chosen) - top;
  }

  /** Forgets the choice, as for a new question: the first row is selected again. */
  reset(): void {
    this.settle();
    this.#chosen = false;
    this.#selected = 0;
    this.#list.scrollTop = 0;
    this.#paint();
  }

  /** Puts "Undo" in the place of a page that is forgotten now. */
  forgotten(page: string): void {
    this.settle();
    this.#forgotten = page;
    this.render(this.#hits);
  }

  /** A forgotten page is back. */
  restored(): void {
    this.#forgotten = null;
    this.render(this.#hits);
  }

  /** What was forgotten cannot be taken back any more: its row goes. */
  settle(): void {
    const page = this.#forgotten;
    if (page === null) return;
    this.#forgotten = null;
    const next = this.#hits.filter((hit) => hit.page !== page);
    const stay = next[Math.min(this.#selected, next.length - 1)];
    const chosen = this.#chosen;
    this.render(next);
    if (chosen && stay) this.#select(next.indexOf(stay));
  }

  /** Shows what became of one page. */
  update(page: string, change: Partial<Hit>): void {
    this.render(this.#hits.map((hit) => (hit.page === page ? { ...hit, ...change } : hit)));
  }

  /** Handles a key of the search box; says whether it was one of the list's. */
  key(event: KeyboardEvent): boolean {
    if (event.isComposing) return false;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE_STEP,
      PageUp: -PAGE_STEP,
    };
    const step = steps[event.key];
    if (step !== undefined && this.#hits.length > 0) {
      this.#select(Math.min(this.#hits.length - 1, Math.max(0, this.#selected + step)));
      return true;
    }
    const hit = this.selected;
    if (!hit) return false;
    if (hit.page === this.#forgotten) {
      const undo = takesBack(event);
      if (undo) this.#handlers.undo(hit);
      return undo || (event.key === "Delete" && event.shiftKey);
    }
    if (event.key === "Enter") {
      this.#handlers.open(hit, event.ctrlKey || event.metaKey ? "background" : "foreground");
      return true;
    }
    if (event.key === "Delete" && event.shiftKey) {
      this.#handlers.forget(hit);
      return true;
    }
    // By its code: with Alt, a Mac types another letter.
    if (event.code === "KeyP" && event.altKey) {
      this.#handlers.pin(hit);
      return true;
    }
    return false;
  }

  #click(event: MouseEvent): void {
    const hit = this.#hits[this.#indexOf(event.target)];
    if (!hit) return;
    event.preventDefault();
    const action = event.target instanceof Element && event.target.closest<HTMLElement>("[data-action]");
    if (hit.page === this.#forgotten) this.#handlers.undo(hit);
    else if (action && action.dataset.action === "forget") this.#handlers.forget(hit);
    else if (action && action.dataset.action === "pin") this.#handlers.pin(hit);
    else if (event.button === 1 || event.ctrlKey || event.metaKey) this.#handlers.open(hit, "background");
    else this.#handlers.open(hit, "foreground");
  }

  #indexOf(target: EventTarget | null): number {
    const row = target instanceof Element ? target.closest<HTMLElement>("[role=option]") : null;
    return row ? this.#hits.findIndex((hit) => hit.page === row.dataset.page) : -1;
  }

  #topOf(page: string | undefined): number {
    return this.#rows.get(page ?? "")?.row.getBoundingClientRect().top ?? 0;
  }

  #select(index: number): void {
    this.#selected = index;
    this.#chosen = true;
    this.#paint();
    const hit = this.#hits[index];
    if (hit) this.#rows.get(hit.page)?.row.scrollIntoView({ block: "nearest" });
  }

  #paint(): void {
    const page = this.selected?.page;
    for (const [id, { row }] of this.#rows) row.setAttribute("aria-selected", String(id === page));
    this.#input.setAttribute("aria-expanded", String(this.#hits.length > 0));
    if (page === undefined) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", rowId(page));
    this.#handlers.selected(this.selected);
  }
}

function rowId(page: string): string {
  return `row-${page}`;
}

function rowOf(hit: Hit): HTMLElement {
  return element(
    "div",
    {
      role: "option",
      id: rowId(hit.page),
      class: "row",
      "data-page": hit.page,
      "data-url": hit.url,
      "data-why": hit.why,
      "data-score": hit.score,
      "data-cosine": hit.cosine,
      "data-bm25": hit.bm25,
      "data-pinned": hit.pinned,
    },
    iconOf(hit.site, hit.url),
    element(
      "div",
      { class: "row-main" },
      element("div", { class: "row-title", dir: "auto" }, hit.title),
      element(
        "div",
        { class: "row-meta" },
        element("span", { class: "row-site" }, hit.site),
        element(
          "time",
          {
            datetime: new Date(hit.lastSeen).toISOString(),
            title: `${moment(hit.lastSeen)} · ${counted("visits", hit.visits)}`,
          },
          ago(hit.lastSeen),
        ),
        ...(hit.pinned ? [element("span", { class: "unseen" }, text("pinned"))] : []),
        ...(hit.unknownLanguage === null
          ? []
          : [
              element(
                "span",
                { class: "row-note", title: text("unknownLanguage", languageName(hit.unknownLanguage)) },
                text("unknownLanguageShort", languageName(hit.unknownLanguage)),
              ),
            ]),
        ...(hit.alike > 0 ? [element("span", { class: "row-alike" }, counted("alike", hit.alike))] : []),
        element("span", { class: `badge badge-${hit.why}`, title: whyTitle(hit) }, text(WHY[hit.why])),
      ),
      element("p", { class: "row-snippet", dir: "auto" }, ...passageOf(hit.snippet)),
    ),
    element(
      "span",
      {
        class: "row-pin",
        "data-action": "pin",
        "aria-hidden": "true",
        title: text(hit.pinned ? "unpinPage" : "pinPage"),
      },
      hit.pinned ? "★" : "☆",
    ),
    element(
      "span",
      { class: "row-forget", "data-action": "forget", "aria-hidden": "true", title: text("forgetPage") },
      "×",
    ),
  );
}

/** What stands in the place of a page that was just forgotten. */
function goneRow(hit: Hit): HTMLElement {
  return element(
    "div",
    {
      role: "option",
      id: rowId(hit.page),
      class: "row row-gone",
      "data-page": hit.page,
      "data-url": hit.url,
      "data-forgotten": true,
    },
    iconOf(hit.site, hit.url),
    element(
      "div",
      { class: "row-main" },
      element("div", { class: "row-title", dir: "auto" }, hit.title),
      element("div", { class: "row-meta" }, text("forgottenPage")),
      element("p", { class: "row-snippet" }, element("span", { class: "row-undo" }, text("undo"))),
    ),
  );
}

function whyTitle(hit: Hit): string {
  const cosine = hit.cosine === null ? "" : ` · ${text("cosine", hit.cosine.toFixed(2))}`;
  return `${text(WHY_LONG[hit.why])}${cosine}`;
}

/** The browser's own icon of the page over a tile with the site's first letter, which shows without one. */
export function iconOf(site: string, pageUrl: string): HTMLElement {
  const name = site.replace(/^www\./, "");
  const tile = element(
    "span",
    { class: "row-icon", "aria-hidden": "true" },
    [...name][0]?.toUpperCase() ?? "?",
  );
  let hue = 0;
  for (const character of name) hue = (hue * 31 + (character.codePointAt(0) ?? 0)) % 360;
  tile.style.setProperty("--hue", String(hue));
  // The tile stays where there is no icon, or one that cannot be drawn.
  void addIcon(tile, pageUrl).catch(() => undefined);
  return tile;
}

async function addIcon(tile: HTMLElement, pageUrl: string): Promise<void> {
  // When there is time: a key makes rows that the next one takes away again, or that keep an earlier row's tile.
  await new Promise((resolve) => requestIdleCallback(resolve));
  if (!tile.isConnected) return;
  const icon = await faviconOf(pageUrl);
  if (icon === null) return;
  const src = URL.createObjectURL(icon);
  try {
    const image = element("img", { src, alt: "", width: 16, height: 16 });
    await image.decode();
    tile.append(image);
    tile.classList.add("has-icon");
  } finally {
    URL.revokeObjectURL(src);
  }
}

/** A passage as text nodes and marks, begun near the first mark and cut at a length a row can show. */
function passageOf(pieces: readonly Piece[]): (Node | string)[] {
  const out: (Node | string)[] = [];
  let left = SHOWN;
  const first = pieces.findIndex((piece) => piece.marked);
  const lead = first > 0 ? pieces.slice(0, first).reduce((sum, piece) => sum + piece.text.length, 0) : 0;
  let skip = Math.max(0, lead - LEAD);
  for (const piece of pieces) {
    let shown = piece.text;
    if (skip > 0) {
      const cut = Math.min(skip, shown.length);
      skip -= cut;
      if (skip > 0 || cut === shown.length) continue;
      // On to the next word, unless the script has no spaces.
      const space = shown.indexOf(" ", cut);
      shown = `… ${shown.slice(space >= 0 && space - cut < 20 ? space + 1 : cut).replace(/^[\udc00-\udfff]/, "")}`;
    }
    if (left <= 0) break;
    if (shown.length > left) shown = `${cutBefore(shown, left)}…`;
    left -= shown.length;
    out.push(piece.marked ? element("mark", {}, shown) : shown);
  }
  return out;
}

/** The first `end` UTF-16 units, one less where that would halve a character. */
function cutBefore(text: string, end: number): string {
  return text.slice(0, end).replace(/[\ud800-\udbff]$/, "");
}
