// All pages, day by day, the latest first. The moments of all pages come at once and lay out the list; rows are
// fetched when they come into sight.
//
// A page that is forgotten keeps its line until the list is laid out anew, so that nothing moves under the pointer.
//
// Stable handles for tests: #timeline (role=listbox) with data-total; .line with data-index and, when it is there,
// data-page, data-forgotten while that can be taken back; .day with data-from; [data-action=forget].

import type { PageList, Row } from "../../messages/messages.ts";
import { ask, openInBackground, openOrSwitch } from "../shared/browser.ts";
import { mayGoForGood } from "../shared/confirm.ts";
import { element } from "../shared/dom.ts";
import { Forgetting, takesBack } from "../shared/forgetting.ts";
import { dayName, timeOfDay } from "../shared/format.ts";
import { wordsOf } from "../shared/problem.ts";
import { iconOf } from "../shared/results.ts";
import { counted, text } from "../shared/strings.ts";
import { type Day, daysOf } from "./days.ts";
import { VirtualList } from "./virtual.ts";

/** Rows that are asked for at once: half of what the background gives. */
const BLOCK = 100;
/** Rows are asked for when the list has stood still for so long, ms: what one flies past is not worth reading. */
const STILL = 60;
const DAY_HEIGHT = 40;
const PAGE_HEIGHT = 46;
const NO_FILTERS = { site: null, after: null, before: null };

export class Timeline {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #hint: HTMLElement;
  readonly #virtual: VirtualList;
  readonly #forgetting: Forgetting;
  readonly #tell: (what: string, heard?: string) => void;
  readonly #failed: (error: unknown) => void;
  #days: Day[] = [];
  /** The line with which each day begins. */
  #starts: number[] = [];
  #rows = new Map<number, Row>();
  #asked = new Set<number>();
  /** Pages that were forgotten since the list was laid out, and that of them which can be taken back. */
  #gone = new Set<string>();
  #undoable: string | null = null;
  #still: ReturnType<typeof setTimeout> | undefined;
  /** Goes up with each layout, so that rows of an older one are dropped. */
  #layout = 0;

  constructor(
    place: HTMLElement,
    tell: (what: string, heard?: string) => void,
    failed: (error: unknown) => void,
  ) {
    this.#tell = tell;
    this.#failed = failed;
    this.#list = element("div", {
      id: "timeline",
      class: "timeline",
      role: "listbox",
      tabindex: 0,
      "aria-label": text("daysLabel"),
      "aria-describedby": "timeline-hint",
    });
    this.#empty = element("p", { class: "message", hidden: true });
    this.#hint = element("p", { id: "timeline-hint", class: "hint" }, text("daysHint"));
    place.append(this.#empty, this.#list, this.#hint);
    this.#virtual = new VirtualList(this.#list, {
      height: (index) => (this.#dayAt(index).line === index ? DAY_HEIGHT : PAGE_HEIGHT),
      line: (index) => this.#line(index),
      inSight: (from, to) => {
        clearTimeout(this.#still);
        this.#still = setTimeout(() => this.#fetch(from, to), STILL);
      },
    });
    this.#forgetting = new Forgetting({
      forgotten: (page) => {
        this.#gone.add(page);
        this.#offerUndo(page);
      },
      restored: () => {
        if (this.#undoable !== null) this.#gone.delete(this.#undoable);
        this.#offerUndo(null);
      },
      settle: () => this.#offerUndo(null),
      tell,
    });
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", (event) => this.#click(event));
    this.#list.addEventListener("auxclick", (event) => {
      if (event.button === 1) this.#click(event);
    });
  }

  focus(): void {
    this.#list.focus();
  }

  /** Lays the list out anew, unless a forgotten page would lose its line while it can be taken back. */
  async refresh(): Promise<void> {
    if (this.#undoable !== null) return;
    this.#layout += 1;
    const layout = this.#layout;
    try {
      const list = await ask({ type: "pages", offset: 0, limit: BLOCK, filters: NO_FILTERS });
      if (layout === this.#layout && this.#undoable === null) this.#show(list);
    } catch (error) {
      this.#failed(error);
      if (this.#virtual.count === 0) this.#sayInstead(wordsOf(error));
    }
  }

  /** A sentence in place of the list; `null`: the list. */
  #sayInstead(what: string | null): void {
    this.#list.hidden = what !== null;
    this.#hint.hidden = what !== null;
    this.#empty.hidden = what === null;
    this.#empty.textContent = what;
  }

  #show({ seen, rows, total }: PageList): void {
    this.#days = daysOf(seen);
    this.#starts = this.#days.map((day, index) => day.first + index);
    this.#rows = new Map(rows.map((row, index) => [index, row]));
    this.#asked = new Set([0]);
    this.#gone = new Set();
    this.#list.dataset.total = String(total);
    this.#sayInstead(total === 0 ? text("daysEmpty") : null);
    this.#virtual.reset(total + this.#days.length);
  }

  /** The day that a line belongs to, with the line of its heading. */
  #dayAt(index: number): { day: Day | undefined; line: number } {
    let [low, high] = [0, this.#starts.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= index) low = middle;
      else high = middle;
    }
    return { day: this.#days[low], line: this.#starts[low] ?? 0 };
  }

  /** The number of the page on a line; -1 for a heading. */
  #pageAt(index: number): number {
    const { day, line } = this.#dayAt(index);
    return day && index > line ? day.first + index - line - 1 : -1;
  }

  /** The line of a page, by its number: as many further down as there are headings above it. */
  #lineOf(page: number): number {
    return page + this.#days.findLastIndex(({ first }) => first <= page) + 1;
  }

  /** Offers to take this page back, and no other one. */
  #offerUndo(page: string | null): void {
    const changed = [this.#undoable, page];
    this.#undoable = page;
    for (const [index, row] of this.#rows)
      if (changed.includes(row.page)) this.#virtual.redraw(this.#lineOf(index), this.#lineOf(index) + 1);
  }

  #line(index: number): HTMLElement {
    const page = this.#pageAt(index);
    if (page < 0) return this.#heading(index);
    const row = this.#rows.get(page);
    if (!row)
      return element(
        "div",
        { class: "line loading", "aria-label": text("searching") },
        element("div", { class: "row-title" }),
      );
    if (this.#gone.has(row.page)) return this.#goneLine(row);
    return element(
      "div",
      { class: "line", "data-page": row.page, "data-url": row.url },
      iconOf(row.site, row.url),
      element(
        "div",
        { class: "line-main" },
        element("div", { class: "row-title", dir: "auto", title: row.title }, row.title),
        element(
          "div",
          { class: "row-meta" },
          element("span", { class: "row-site" }, row.site),
          element("time", { datetime: new Date(row.lastSeen).toISOString() }, timeOfDay(row.lastSeen)),
          ...(row.pinned ? [element("span", {}, `· ${text("pinned")}`)] : []),
        ),
      ),
      element(
        "span",
        {
          class: "line-action",
          "data-action": "forget",
          "aria-hidden": "true",
          title: text("forgetPage"),
        },
        "×",
      ),
    );
  }

  /** What stands in the place of a page that was just forgotten. */
  #goneLine(row: Row): HTMLElement {
    const undoable = row.page === this.#undoable;
    return element(
      "div",
      { class: "line row-gone", "data-page": row.page, "data-url": row.url, "data-forgotten": undoable },
      iconOf(row.site, row.url),
      element(
        "div",
        { class: "line-main" },
        element("div", { class: "row-title", dir: "auto", title: row.title }, row.title),
        element(
          "div",
          { class: "row-meta" },
          element("span", {}, text("forgottenPage")),
          ...(undoable ? [element("span", { class: "row-undo" }, text("undo"))] : []),
        ),
      ),
    );
  }

  #heading(index: number): HTMLElement {
    const { day } = this.#dayAt(index);
    if (!day) return element("div", { class: "line day" });
    const name = text("dayHeading", dayName(day.from), counted("pages", day.pages));
    return element(
      "div",
      { class: "line day", "data-from": day.from },
      element("span", { class: "day-name" }, name),
      element(
        "span",
        { class: "line-action", "data-action": "forget", "aria-hidden": "true" },
        text("forgetDay"),
      ),
    );
  }

  /** Asks for the rows of these lines that are not there yet. */
  #fetch(from: number, to: number): void {
    const first = Math.max(0, this.#pageAt(from), this.#pageAt(from + 1));
    const last = Math.max(this.#pageAt(to - 1), this.#pageAt(to - 2));
    for (let block = Math.floor(first / BLOCK); block * BLOCK <= last; block += 1) {
      if (this.#asked.has(block)) continue;
      this.#asked.add(block);
      void this.#fetchBlock(block, this.#layout);
    }
  }

  async #fetchBlock(block: number, layout: number): Promise<void> {
    try {
      const first = block * BLOCK;
      // The background has no place any more for pages that are gone.
      const offset = first - this.#goneBefore(first);
      const { rows } = await ask({ type: "pages", offset, limit: BLOCK, filters: NO_FILTERS });
      if (layout !== this.#layout) return;
      for (const [index, row] of rows.entries()) this.#rows.set(first + index, row);
      this.#virtual.redraw(this.#lineOf(first), this.#lineOf(first + BLOCK));
    } catch (error) {
      this.#asked.delete(block);
      this.#failed(error);
    }
  }

  /** How many of the pages before this one are forgotten, and still have their lines. */
  #goneBefore(page: number): number {
    return [...this.#rows].filter(([number, row]) => number < page && this.#gone.has(row.page)).length;
  }

  #key(event: KeyboardEvent): void {
    const { active, count, page } = this.#virtual;
    const to: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (next !== undefined) this.#virtual.activate(next);
    else if (this.#canUndo(active) && takesBack(event)) void this.#undo(active);
    else if (event.key === "Enter") void this.#open(active, event.ctrlKey || event.metaKey);
    else if (event.key === "Delete" && event.shiftKey) void this.#forget(active);
    else return;
    event.preventDefault();
  }

  #click(event: MouseEvent): void {
    const index = this.#virtual.indexOf(event.target);
    if (index < 0) return;
    event.preventDefault();
    this.#virtual.activate(index);
    if (this.#canUndo(index)) void this.#undo(index);
    else if (event.target instanceof Element && event.target.closest("[data-action=forget]"))
      void this.#forget(index);
    else void this.#open(index, event.button === 1 || event.ctrlKey || event.metaKey);
  }

  async #open(index: number, behind: boolean): Promise<void> {
    const row = this.#rows.get(this.#pageAt(index));
    if (!row || this.#gone.has(row.page)) return;
    try {
      if (behind) await openInBackground(row.url, null);
      else await openOrSwitch(row.url, null);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #forget(index: number): Promise<void> {
    try {
      const page = this.#pageAt(index);
      const row = this.#rows.get(page);
      if (row) {
        if (!this.#gone.has(row.page)) await this.#forgetting.forget(row.page);
      } else if (page < 0) {
        const { day } = this.#dayAt(index);
        if (!day) return;
        const scope = { scope: "period", from: day.from, to: day.to } as const;
        if (!(await mayGoForGood(scope, text("forgetDayAsk", dayName(day.from))))) return;
        const { pages } = await ask({ type: "forget", ...scope });
        this.#forgetting.settle();
        this.#tell(counted("forgotten", pages));
        await this.refresh();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Whether the line is of the page that can be taken back. */
  #canUndo(index: number): boolean {
    return this.#undoable !== null && this.#rows.get(this.#pageAt(index))?.page === this.#undoable;
  }

  async #undo(index: number): Promise<void> {
    try {
      const row = this.#rows.get(this.#pageAt(index));
      if (row) await this.#forgetting.undo(row.title);
    } catch (error) {
      this.#failed(error);
    }
  }
}
