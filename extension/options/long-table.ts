// A table that may have many rows: the first ones, a filter, and a button for the rest.

import { byId } from "../shared/dom.ts";
import { counted } from "../shared/strings.ts";

/** Rows shown before the button is pressed. */
const FIRST = 12;

export class LongTable<Item> {
  readonly #table: HTMLTableElement;
  readonly #filter: HTMLInputElement;
  readonly #more: HTMLButtonElement;
  readonly #found: HTMLParagraphElement;
  readonly #row: (item: Item) => HTMLTableRowElement;
  readonly #name: (item: Item) => string;
  #items: readonly Item[] = [];
  #shown = "";
  #all = false;

  /** The elements with the ids `id`, `id-more`, `id-found` and `filter`; `name` is what a row is filtered by. */
  constructor(
    id: string,
    filter: string,
    name: (item: Item) => string,
    row: (item: Item) => HTMLTableRowElement,
  ) {
    this.#table = byId(id, HTMLTableElement);
    this.#filter = byId(filter, HTMLInputElement);
    this.#more = byId(`${id}-more`, HTMLButtonElement);
    this.#found = byId(`${id}-found`, HTMLParagraphElement);
    this.#name = name;
    this.#row = row;
    spellOut(this.#table);
    this.#filter.addEventListener("input", () => this.#paint());
    this.#more.addEventListener("click", () => {
      this.#all = true;
      this.#paint();
      // The button is gone: the reading goes on at the first row that it brought.
      this.#table.tBodies[0]?.rows[FIRST]?.querySelector<HTMLElement>("button, select")?.focus();
    });
  }

  /** Shows these. The same ones again leave the rows, and the focus in them, alone. */
  show(items: readonly Item[]): void {
    const shown = JSON.stringify(items);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#items = items;
    this.#paint();
  }

  #paint(): void {
    const wanted = this.#filter.value.trim().toLowerCase();
    const fitting = this.#items.filter((item) => this.#name(item).toLowerCase().includes(wanted));
    const all = this.#all || wanted !== "";
    const body = this.#table.tBodies[0];
    const focused = body?.contains(document.activeElement) ? rowOf(document.activeElement) : -1;
    body?.replaceChildren(...(all ? fitting : fitting.slice(0, FIRST)).map(this.#row));
    if (focused >= 0) this.#refocus(focused);
    this.#table.hidden = fitting.length === 0;
    this.#filter.hidden = this.#items.length <= FIRST && wanted === "";
    this.#found.textContent = wanted === "" ? "" : counted("entriesFound", fitting.length);
    this.#more.hidden = all || fitting.length <= FIRST;
    this.#more.textContent = counted("showMore", fitting.length - FIRST);
  }

  /** A row that had the focus may be gone: its neighbour has it then. */
  #refocus(index: number): void {
    const rows = this.#table.tBodies[0]?.rows;
    const row = rows?.[Math.min(index, (rows.length ?? 0) - 1)];
    row?.querySelector<HTMLElement>("button, select")?.focus({ preventScroll: true });
  }
}

/** On a narrow page rows are shown as blocks, and then a table and its parts have only the roles they are given. */
export function spellOut(table: HTMLTableElement): void {
  table.setAttribute("role", "table");
  for (const group of [...table.tBodies, ...(table.tHead ? [table.tHead] : [])])
    group.setAttribute("role", "rowgroup");
}

function rowOf(element: Element | null): number {
  const row = element?.closest("tr");
  return row ? row.sectionRowIndex : -1;
}
