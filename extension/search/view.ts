// A search: type, and the page that said it is there. The popup and the side panel both are one of these.
//
// Every key stroke asks for the words at once; after a pause the question is asked again with its meaning.
// The newest question alone may draw: each has a number, and answers to older numbers are dropped.
// Nothing is awaited before the first paint and the focus.
//
// Stable handles for tests:
//   #query              the search box (role=combobox; aria-activedescendant names the selected row)
//   #chips              the filters: [data-period], #newest, #site-filter, #only-site
//   #results            the listbox; data-query and data-mode (words | hybrid | similar) say which answer
//                       it shows, aria-busy="true" while a better one is on its way
//   [role=option]       a row: data-page, data-url, data-why, data-score, data-cosine, data-bm25, data-pinned,
//                       data-forgotten while that can be taken back; .row-title, .row-site,
//                       .row-snippet with <mark>, .badge, .row-forget, .row-pin
//   #message            in place of rows; data-kind: consent | empty | searching | none | unknownPage | error
//   #welcome-button, #retry-button   inside #message
//   #context, #context-title, #other-sites, #back-button   the "Similar to …" bar
//   #problem            the sentence when something is wrong
//   #announcement       what a screen reader hears

import type { Hit, Intent, Request, Results, State } from "../../messages/messages.ts";
import { ask, openInBackground, openOrSwitch } from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { Forgetting } from "../shared/forgetting.ts";
import { passageOf } from "../shared/passage.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { ResultList } from "../shared/results.ts";
import { counted, text } from "../shared/strings.ts";
import { FilterChips } from "./filters.ts";
import { searchMarkup } from "./markup.ts";
import { mergeHybrid } from "./merge.ts";
import { failed, firstSteps, type Message, nothingFound, showMessage } from "./message.ts";
import { isBusy } from "./status.ts";

/** Results asked for at first: as many as fill any panel, few enough to be drawn with every key. */
const LIMIT = 20;
/** How many times as many, by who has scrolled to the end of those; and all that the background gives. */
const MORE = 3;
const ALL = 200;
/** How far above the end of the rows that is, px. */
const NEAR_END = 300;
/** The pause in typing, in ms, after which the meaning is asked for. */
const PAUSE = 150;
/** Characters from which a question has a meaning to ask for; in scripts without spaces, one has. */
const MEANINGFUL = 3;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
/** After how long without an answer it is said that one is on its way, ms. */
const SLOW = 250;
/** How often the state is read again while something is being indexed, in ms. */
const REFRESH = 2000;

type Question = Extract<Request, { type: "search" }>;

/** A page to compare others with. */
export interface Compared {
  url: string;
  title: string;
}

/** What differs between the places where one searches. */
export interface SearchHost {
  /** A page was opened in front. */
  opened(): void;
  /** Escape was pressed with nothing left to take back. */
  escaped(): void;
  /** There is a newer answer, state or notice. */
  changed(): void;
}

export class SearchView {
  readonly #host: SearchHost;
  readonly #query: HTMLInputElement;
  readonly #results: HTMLDivElement;
  readonly #message: HTMLDivElement;
  readonly #context: HTMLDivElement;
  readonly #contextTitle: HTMLHeadingElement;
  readonly #otherSites: HTMLInputElement;
  readonly #problem: HTMLParagraphElement;
  readonly #announcement: HTMLParagraphElement;
  readonly #list: ResultList;
  readonly #forgetting: Forgetting;
  readonly #chips: FilterChips;
  /** The number of the newest question. */
  #asked = 0;
  /** How many rows the newest question was asked for. */
  #limit = LIMIT;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  /** The question, with its filters, that the rows answer. */
  #shown = "";
  /** Enter was pressed before the rows of the question were there: the best of its last answer is opened. */
  #openWhenShown = false;
  state: State | null = null;
  answer: Results | null = null;
  /** The page that others were compared with last. */
  #compared: Compared | null = null;
  /** What was just done; stands in the status line until the next question. */
  notice: string | null = null;

  constructor(place: HTMLElement, host: SearchHost) {
    this.#host = host;
    place.prepend(...searchMarkup());
    this.#query = byId("query", HTMLInputElement);
    this.#results = byId("results", HTMLDivElement);
    this.#message = byId("message", HTMLDivElement);
    this.#context = byId("context", HTMLDivElement);
    this.#contextTitle = byId("context-title", HTMLHeadingElement);
    this.#otherSites = byId("other-sites", HTMLInputElement);
    this.#problem = byId("problem", HTMLParagraphElement);
    this.#announcement = byId("announcement", HTMLParagraphElement);
    this.#chips = new FilterChips(byId("chips", HTMLDivElement), () => this.search(true));
    this.#list = new ResultList(this.#results, this.#query, {
      open: (hit, where) => {
        if (this.#isStale()) this.#openWhenShown = true;
        else void this.#open(hit, where);
      },
      forget: (hit) => void this.#change(() => this.#forgetting.forget(hit.page)),
      undo: (hit) => void this.#change(() => this.#forgetting.undo(hit.title)),
      pin: (hit) => void this.#pin(hit),
      selected: (hit) => this.#chips.suggest(hit?.site ?? null),
    });
    this.#forgetting = new Forgetting({
      forgotten: (page) => this.#list.forgotten(page),
      restored: () => this.#list.restored(),
      settle: () => this.#settle(),
      tell: (what, heard) => this.tell(what, heard),
    });
    this.#results.addEventListener("scroll", () => void this.#extend(), { passive: true });
    this.#query.addEventListener("input", () => this.search());
    this.#query.addEventListener("keydown", (event) => this.#key(event));
    place.addEventListener("keydown", (event) => this.#escape(event));
    this.#otherSites.addEventListener("change", () => {
      if (this.#compared) void this.showSimilar(this.#compared, true);
    });
    byId("back-button", HTMLButtonElement).addEventListener("click", () => this.clear());
  }

  /** Shows the empty search and takes the focus. */
  start(): void {
    this.focus();
    // For `bench ui`, as is the other mark.
    performance.mark("focus");
    this.#showNothing();
    void this.#watchState();
  }

  /** Whether pages similar to one are shown. */
  get comparing(): boolean {
    return !this.#context.hidden;
  }

  /** Whether a question stands in the box. */
  get asking(): boolean {
    return this.#query.value.trim() !== "";
  }

  focus(): void {
    this.#query.focus();
  }

  /** Empties the box and the list. */
  clear(): void {
    this.#query.value = "";
    this.#chips.clear();
    this.search();
    this.focus();
  }

  /** Does what the context menu or a command asked for. Typing that has begun is not overwritten. */
  follow(intent: Intent): void {
    if (this.#query.value !== "") return;
    if (intent.type === "similar") {
      void this.showSimilar(intent);
      return;
    }
    this.#query.value = intent.query.slice(0, this.#query.maxLength);
    this.#query.select();
    this.search(true);
  }

  /** Asks for what is in the box; `settled` when it was not typed but given, so that no pause is due. */
  search(settled = false): void {
    const typed = this.#query.value.trim();
    const number = this.#newQuestion();
    this.#context.hidden = true;
    this.#chips.show(true);
    if (typed === "" && !this.#chips.active) {
      this.#showNothing();
      return;
    }
    const meaningful = [...typed].length >= MEANINGFUL || UNSPACED.test(typed);
    this.#results.setAttribute("aria-busy", "true");
    const question = this.#question(typed, "words", LIMIT);
    const words = ask(question);
    void this.#showWords(words, typed, number, meaningful);
    clearTimeout(this.#slow);
    this.#slow = setTimeout(() => {
      const waiting = number === this.#asked && this.#results.ariaBusy === "true";
      if (waiting && this.#list.hits.length === 0) this.#saySearching();
    }, SLOW);
    if (!meaningful) return;
    this.#pause = setTimeout(
      () => void this.#showHybrid(words, { ...question, mode: "hybrid" }, number),
      settled ? 0 : PAUSE,
    );
  }

  /**
   * Shows pages similar to one; resolves with whether that one is known. `again`: it was asked already, and until the
   * answer comes the last one stays.
   */
  async showSimilar(page: Compared, again = false): Promise<boolean> {
    const number = this.#newQuestion();
    this.#compared = page;
    this.#query.value = "";
    this.#chips.show(false);
    this.#context.hidden = false;
    this.#contextTitle.textContent = text("similarTo", page.title);
    this.#results.setAttribute("aria-busy", "true");
    if (!again) {
      this.#list.render([]);
      this.#saySearching();
    }
    try {
      const found = await ask({
        type: "similar",
        url: page.url,
        otherSites: this.#otherSites.checked,
        limit: LIMIT,
      });
      if (number !== this.#asked) return true;
      this.#draw(found, found.hits, "similar", "", true);
      if (found.unknownPage)
        this.#say({
          kind: "unknownPage",
          heading: text("unknownPageHeading"),
          lines: [text("unknownPageLine")],
        });
      else if (found.hits.length === 0) this.#say({ kind: "none", heading: text("noneSimilar"), lines: [] });
      return !found.unknownPage;
    } catch (error) {
      if (number === this.#asked) this.#fail(error, () => void this.showSimilar(page));
      return true;
    }
  }

  announce(what: string): void {
    this.#announcement.textContent = what;
  }

  /** Says what was done, to eyes and ears. */
  tell(what: string, heard = what): void {
    this.notice = what;
    this.announce(heard);
    this.#host.changed();
  }

  complain(error: unknown): void {
    showProblem(this.#problem, wordsOf(error));
  }

  async refreshState(): Promise<void> {
    const first = this.state === null;
    const state = await ask({ type: "state" });
    this.state = state;
    showProblem(this.#problem, state.problem && text("foundByLetters", state.queryChoice.reason));
    this.#host.changed();
    if (first) performance.mark("state");
    const { kind } = this.#message.dataset;
    if (kind === "empty" || kind === "consent") this.#showNothing();
  }

  async #open(hit: Hit, where: "foreground" | "background"): Promise<void> {
    try {
      const passage = passageOf(hit.snippet);
      if (where === "background") {
        await openInBackground(hit.url, passage);
        this.announce(text("openedBehind"));
      } else {
        await openOrSwitch(hit.url, passage);
        this.#host.opened();
      }
    } catch (error) {
      this.complain(error);
    }
  }

  /** Does something after which more or less is kept than before. */
  async #change(what: () => Promise<void>): Promise<void> {
    try {
      await what();
      await this.refreshState();
    } catch (error) {
      this.complain(error);
    }
  }

  #settle(): void {
    const before = this.#list.hits.length;
    this.#list.settle();
    // Where another question stands meanwhile, nothing is said in its place.
    if (before > 0 && this.#list.hits.length === 0)
      this.#say(nothingFound(this.#query.value.trim(), this.state));
  }

  async #pin(hit: Hit): Promise<void> {
    try {
      const pinned = !hit.pinned;
      await ask({ type: "pin", page: hit.page, pinned });
      this.#list.update(hit.page, { pinned });
      this.tell(text(pinned ? "pinnedNow" : "unpinnedNow", hit.title));
    } catch (error) {
      this.complain(error);
    }
  }

  #key(event: KeyboardEvent): void {
    const stale = this.#isStale();
    // While the rows are of an older question, Enter waits for the new ones; "forget" must not hit them at all.
    if (stale && event.key === "Delete" && event.shiftKey) return;
    if (event.key === "Enter" && !event.isComposing && stale && this.#results.ariaBusy === "true") {
      this.#openWhenShown = true;
      event.preventDefault();
    } else if (this.#list.key(event)) {
      event.preventDefault();
    }
  }

  #escape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest("dialog")) return;
    if (this.#query.value === "" && !this.comparing && !this.#chips.active) {
      this.#host.escaped();
      return;
    }
    event.preventDefault();
    this.clear();
  }

  #questionNow(): string {
    return JSON.stringify([this.#query.value.trim(), this.#chips.filters, this.#chips.order]);
  }

  /** What is asked for words that were typed. */
  #question(query: string, mode: Question["mode"], limit: number): Question {
    const { filters, order } = this.#chips;
    return { type: "search", query, mode, limit, filters, order };
  }

  /** The rows on the screen answer an older question than the one in the box. */
  #isStale(): boolean {
    return !this.comparing && this.#shown !== this.#questionNow();
  }

  /** A new question: gives its number, after which no older answer draws. */
  #newQuestion(): number {
    clearTimeout(this.#pause);
    this.#openWhenShown = false;
    this.notice = null;
    this.#list.reset();
    this.#limit = LIMIT;
    this.#asked += 1;
    return this.#asked;
  }

  async #showWords(words: Promise<Results>, typed: string, number: number, more: boolean): Promise<void> {
    try {
      const found = await words;
      if (number !== this.#asked) return;
      if (found.hits.length > 0 || !more) this.#draw(found, found.hits, "words", typed, !more);
      else if (this.#list.hits.length === 0) this.#saySearching();
    } catch (error) {
      if (number === this.#asked) this.#fail(error);
    }
  }

  async #showHybrid(words: Promise<Results>, question: Question, number: number): Promise<void> {
    try {
      const hybrid = await ask(question);
      const byWords = await words.then(
        (found) => found.hits,
        () => [],
      );
      if (number !== this.#asked) return;
      const screen = {
        query: question.query,
        order: question.order,
        words: byWords,
        shown: this.#list.hits,
        reading: this.#list.reading,
      };
      this.#draw(hybrid, mergeHybrid(hybrid.hits, screen), "hybrid", question.query, true);
    } catch (error) {
      if (number === this.#asked) this.#fail(error);
    }
  }

  /** At the end of the rows, adds those that there are besides them; what is on the screen stays as it is. */
  async #extend(): Promise<void> {
    const { scrollHeight, scrollTop, clientHeight } = this.#results;
    if (scrollHeight - scrollTop - clientHeight > NEAR_END) return;
    const number = this.#asked;
    // Fewer than were asked for are all; and what is on its way need not be asked for again.
    if (this.#list.hits.length < this.#limit || this.#limit === ALL || this.#results.ariaBusy === "true")
      return;
    this.#limit = Math.min(ALL, this.#limit * MORE);
    try {
      const found = await this.#askForMore(this.#limit);
      if (number !== this.#asked) return;
      const shown = new Set(this.#list.hits.map(({ page }) => page));
      this.#list.render([...this.#list.hits, ...found.hits.filter(({ page }) => !shown.has(page))]);
      this.announce(counted("found", this.#list.hits.length));
    } catch (error) {
      if (number === this.#asked) this.complain(error);
    }
  }

  #askForMore(limit: number): Promise<Results> {
    if (this.comparing && this.#compared) {
      const { url } = this.#compared;
      return ask({ type: "similar", url, otherSites: this.#otherSites.checked, limit });
    }
    const mode = this.#results.dataset.mode === "words" ? "words" : "hybrid";
    return ask(this.#question(this.#query.value.trim(), mode, limit));
  }

  /** Puts an answer on the screen. `last`: no better one is on its way. */
  #draw(found: Results, hits: readonly Hit[], mode: string, typed: string, last: boolean): void {
    this.answer = found;
    this.#shown = this.#questionNow();
    this.#results.dataset.mode = mode;
    this.#results.dataset.query = typed;
    this.#results.setAttribute("aria-busy", String(!last));
    this.#list.render(hits);
    this.#say(hits.length === 0 ? nothingFound(typed, this.state) : null);
    if (last) this.announce(counted("found", hits.length));
    this.#host.changed();
    const first = this.#list.selected;
    if (this.#openWhenShown && last && first) {
      this.#openWhenShown = false;
      void this.#open(first, "foreground");
    }
  }

  /** The state before any question. */
  #showNothing(): void {
    this.answer = null;
    this.#shown = this.#questionNow();
    this.#results.dataset.mode = "";
    this.#results.dataset.query = "";
    this.#results.setAttribute("aria-busy", "false");
    this.#list.render([]);
    this.announce("");
    // Before the welcome page was answered there is nothing to look through.
    this.#chips.show(this.state?.settings.consent !== false);
    this.#say(firstSteps(this.state));
    this.#host.changed();
  }

  #fail(error: unknown, retry = (): void => this.search(true)): void {
    clearTimeout(this.#pause);
    this.#asked += 1;
    this.answer = null;
    this.#list.render([]);
    this.#shown = this.#questionNow();
    this.#results.dataset.query = this.#query.value.trim();
    this.#results.setAttribute("aria-busy", "false");
    const shown = failed(error, retry);
    this.#say(shown);
    this.announce(shown.heading);
  }

  #say(shown: Message | null): void {
    showMessage(this.#message, shown);
    this.#results.hidden = shown !== null;
  }

  #saySearching(): void {
    this.#say({ kind: "searching", heading: text("searching"), lines: [] });
  }

  /** Reads the state now, and again as long as something is being indexed. */
  async #watchState(): Promise<void> {
    try {
      await this.refreshState();
      if (this.state && isBusy(this.state)) setTimeout(() => void this.#watchState(), REFRESH);
    } catch (error) {
      if (!this.state && this.#query.value.trim() === "" && !this.comparing)
        this.#fail(error, () => {
          this.#showNothing();
          void this.#watchState();
        });
      else setTimeout(() => void this.#watchState(), REFRESH);
    }
  }
}
