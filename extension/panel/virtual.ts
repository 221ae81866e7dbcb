// A list of any length of which only the lines in sight exist.
//
// ARIA's listbox: the list has the focus, `aria-activedescendant` names the active line, and each line says its place
// and how many there are, which a screen reader cannot count here. Written by hand: it needs lines of two heights and
// nothing else, which is less than the smallest library.

/** Lines kept above and below what is in sight: what a quick wheel passes in a frame or two. */
const SPARE = 12;

export interface VirtualLines {
  /** The height of a line, px. */
  height(index: number): number;
  /** What a line shows, made anew each time it comes into sight or changes. */
  line(index: number): HTMLElement;
  /** These lines are in sight, the last one not included. */
  inSight(from: number, to: number): void;
}

export class VirtualList {
  readonly #list: HTMLElement;
  readonly #sizer: HTMLElement;
  readonly #lines: VirtualLines;
  /** Where each line begins, px; one more than there are lines. */
  #tops: number[] = [0];
  #shown = new Map<number, HTMLElement>();
  #active = 0;
  #frame = 0;

  constructor(list: HTMLElement, lines: VirtualLines) {
    this.#list = list;
    this.#lines = lines;
    this.#sizer = document.createElement("div");
    this.#sizer.setAttribute("role", "presentation");
    list.append(this.#sizer);
    list.addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#soon()).observe(list);
  }

  get count(): number {
    return this.#tops.length - 1;
  }

  get active(): number {
    return this.#active;
  }

  /** There are so many lines now. */
  reset(count: number): void {
    const tops = [0];
    for (let index = 0, top = 0; index < count; index += 1) {
      top += this.#lines.height(index);
      tops.push(top);
    }
    this.#tops = tops;
    this.#sizer.style.height = `${tops[count]}px`;
    this.#active = Math.max(0, Math.min(this.#active, count - 1));
    this.redraw();
  }

  /** Draws anew what is in sight of these lines; of all where none are named. */
  redraw(from = 0, to = this.count): void {
    for (const [index, line] of this.#shown) {
      // A line that there is no more goes, too.
      if (index < this.count && (index < from || index >= to)) continue;
      line.remove();
      this.#shown.delete(index);
    }
    this.#draw();
  }

  /** Makes a line the active one and brings it into sight. */
  activate(index: number): void {
    this.#active = Math.max(0, Math.min(this.count - 1, index));
    const [top, bottom] = [this.#tops[this.#active] ?? 0, this.#tops[this.#active + 1] ?? 0];
    const { scrollTop, clientHeight } = this.#list;
    if (top < scrollTop) this.#list.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.#list.scrollTop = bottom - clientHeight;
    this.#draw();
  }

  /** How many lines fit, for Page Up and Page Down. */
  get page(): number {
    return Math.max(
      1,
      this.#at(this.#list.scrollTop + this.#list.clientHeight) - this.#at(this.#list.scrollTop) - 1,
    );
  }

  /** The line that an event happened on, or -1. */
  indexOf(target: EventTarget | null): number {
    const line = target instanceof Element ? target.closest<HTMLElement>("[data-index]") : null;
    return line ? Number(line.dataset.index) : -1;
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** The line at a height, found by halving. */
  #at(height: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tops[middle + 1] ?? 0) <= height) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#list;
    const from = Math.max(0, this.#at(scrollTop) - SPARE);
    const to = Math.min(this.count, this.#at(scrollTop + clientHeight) + 1 + SPARE);
    const wanted = new Set<number>();
    for (let index = from; index < to; index += 1) wanted.add(index);
    // The active line is always there: the focus is on it.
    if (this.#active < this.count) wanted.add(this.#active);
    for (const [index, line] of this.#shown) {
      if (wanted.has(index)) continue;
      line.remove();
      this.#shown.delete(index);
    }
    for (const index of wanted) {
      let line = this.#shown.get(index);
      if (!line) {
        line = this.#lines.line(index);
        line.id = `line-${index}`;
        line.dataset.index = String(index);
        line.setAttribute("role", "option");
        line.setAttribute("aria-posinset", String(index + 1));
        line.setAttribute("aria-setsize", String(this.count));
        line.style.height = `${this.#lines.height(index)}px`;
        line.style.transform = `translateY(${this.#tops[index]}px)`;
        this.#shown.set(index, line);
        this.#sizer.append(line);
      }
      line.setAttribute("aria-selected", String(index === this.#active));
    }
    if (this.count > 0) this.#list.setAttribute("aria-activedescendant", `line-${this.#active}`);
    else this.#list.removeAttribute("aria-activedescendant");
    if (to > from) this.#lines.inSight(from, to);
  }
}
