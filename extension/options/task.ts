// A task that takes a while and can be stopped: its bar, what became of it, what went wrong.

import { element } from "../shared/dom.ts";
import { showProblem } from "../shared/problem.ts";
import { counted, type MessageKey, text } from "../shared/strings.ts";
import type { Job } from "../transfer/run.ts";

/** Not more often than this is the progress said in words, in ms: it is read aloud. */
const SAY = 2_000;

export class Task {
  /** What is to be put into the page. */
  readonly parts: readonly HTMLElement[];
  readonly #bar: HTMLProgressElement;
  readonly #stop: HTMLButtonElement;
  readonly #running: HTMLElement;
  readonly #status: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #wordsOf: (error: unknown) => string;
  readonly #held: HTMLElement[] = [];
  readonly #others: Task[] = [];
  #stopping: AbortController | null = null;
  /** What had the focus when it began. */
  #focused: Element | null = null;

  constructor(id: string, wordsOf: (error: unknown) => string) {
    this.#wordsOf = wordsOf;
    this.#bar = element("progress", { id: `${id}-progress`, max: 1 });
    this.#stop = element("button", { id: `${id}-stop`, type: "button" }, text("transferStop"));
    this.#stop.addEventListener("click", () => this.#stopping?.abort());
    this.#running = element("div", { class: "line", hidden: true }, this.#bar, this.#stop);
    this.#status = element("p", { id: `${id}-status`, class: "outcome", role: "status" });
    this.#problem = element("p", { id: `${id}-problem`, class: "problem outcome", role: "alert" });
    this.#problem.hidden = true;
    this.parts = [this.#running, this.#status, this.#problem];
  }

  /** These cannot be used while it runs. */
  holds(...elements: HTMLElement[]): void {
    this.#held.push(...elements);
  }

  /** Only one of two may run at a time. */
  excludes(other: Task): void {
    this.#others.push(other);
    other.#others.push(this);
  }

  /** Says why it does not even begin; nothing: all is well again. */
  refuse(why: string): void {
    this.#status.textContent = "";
    showProblem(this.#problem, why || null);
  }

  /** Does it, and shows what it gives; `stopped` after a stop. Whether it came to its end. */
  async run(what: string, stopped: MessageKey, work: (job: Job) => Promise<string>): Promise<boolean> {
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.refuse("");
    this.#bar.removeAttribute("value");
    this.#bar.setAttribute("aria-label", what);
    this.#status.textContent = what;
    this.#hold(true);
    let said = performance.now();
    const progress = (share: number, pages: number): void => {
      this.#bar.value = share;
      const now = performance.now();
      if (now - said < SAY) return;
      said = now;
      this.#status.textContent = `${what} ${counted("pages", pages)}`;
    };
    try {
      this.#status.textContent = await work({ signal: stopping.signal, progress });
      return true;
    } catch (error) {
      this.refuse(stopping.signal.aborted ? "" : this.#wordsOf(error));
      if (stopping.signal.aborted) this.#status.textContent = text(stopped);
      return false;
    } finally {
      this.#stopping = null;
      this.#hold(false);
    }
  }

  #hold(running: boolean): void {
    const held = [this, ...this.#others].flatMap((task) => task.#held);
    const focused = document.activeElement;
    this.#running.hidden = !running;
    for (const part of held) part.inert = running;
    if (running) {
      // What cannot be used loses the focus, and gets it back.
      this.#focused = held.some((part) => part.contains(focused)) ? focused : null;
      if (this.#focused) this.#stop.focus();
      addEventListener("beforeunload", warn);
      return;
    }
    removeEventListener("beforeunload", warn);
    const lost = focused === this.#stop || document.activeElement === document.body;
    if (lost && this.#focused instanceof HTMLElement) this.#focused.focus();
  }
}

/** The browser asks whether to leave. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
