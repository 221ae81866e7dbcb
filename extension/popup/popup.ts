// The popup: type, and the page that said it is there.
//
// Every key stroke asks for the words at once; after a pause the question is asked again with its meaning.
// The newest question alone may draw: each has a number, and answers to older numbers are dropped.
// Nothing is awaited before the first paint and the focus.
//
// Stable handles for tests:
//   #query              the search box (role=combobox; aria-activedescendant names the selected row)
//   #results            the listbox; data-query and data-mode (words | hybrid | similar) say which answer
//                       it shows, aria-busy="true" while a better one is on its way
//   [role=option]       a row: data-page, data-url, data-why, data-score, data-cosine, data-bm25,
//                       data-confirm while "forget" waits for its second press; .row-title, .row-site,
//                       .row-snippet with <mark>, .badge, .row-forget
//   #message            in place of rows; data-kind: consent | empty | searching | none | unknownPage | error
//   #welcome-button, #retry-button   inside #message
//   #context, #context-title, #back-button   the "Similar to …" bar
//   #similar-button, #options-button
//   #status, #problem   the quiet line, and the sentence when something is wrong
//   #announcement       what a screen reader hears

import type { Hit, Results, State } from "../../messages/messages.ts";
import {
  activeWebTab,
  ask,
  openInBackground,
  openOptions,
  openOrSwitch,
  takeIntent,
  type WebTab,
} from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { ResultList } from "../shared/results.ts";
import { counted, fillPage, text } from "../shared/strings.ts";
import { mergeHybrid } from "./merge.ts";
import { failed, firstSteps, type Message, nothingFound, showMessage } from "./message.ts";
import { isBusy, statusLine } from "./status.ts";

/** Results asked for: more than anybody scrolls through, few enough to draw at once. */
const LIMIT = 50;
/** The pause in typing, in ms, after which the meaning is asked for. */
const PAUSE = 150;
/** Characters from which a question has a meaning to ask for; in scripts without spaces, one has. */
const MEANINGFUL = 3;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
/** How often the state is read again while something is being indexed, in ms. */
const REFRESH = 2000;

const query = byId("query", HTMLInputElement);
const results = byId("results", HTMLDivElement);
const message = byId("message", HTMLDivElement);
const context = byId("context", HTMLDivElement);
const contextTitle = byId("context-title", HTMLHeadingElement);
const similarButton = byId("similar-button", HTMLButtonElement);
const problem = byId("problem", HTMLParagraphElement);
const status = byId("status", HTMLParagraphElement);
const announcement = byId("announcement", HTMLParagraphElement);

fillPage();
query.focus();

/** The number of the newest question. */
let asked = 0;
let pause: ReturnType<typeof setTimeout> | undefined;
let state: State | null = null;
let answer: Results | null = null;
/** Enter was pressed before the rows of the question were there: the best of its last answer is opened. */
let openWhenShown = false;
/** What was just done; takes the status line until the next question. */
let notice: string | null = null;

const list = new ResultList(results, query, {
  open: (hit, where) => {
    if (isStale()) openWhenShown = true;
    else void open(hit, where);
  },
  forget: (hit) => void forget(hit),
});

async function open(hit: Hit, where: "foreground" | "background"): Promise<void> {
  try {
    if (where === "background") {
      await openInBackground(hit.url);
      announce(text("openedBehind"));
    } else {
      await openOrSwitch(hit.url);
      window.close();
    }
  } catch (error) {
    showProblem(problem, wordsOf(error));
  }
}

async function forget(hit: Hit): Promise<void> {
  try {
    const { pages } = await ask({ type: "forget", scope: "page", page: hit.page });
    list.remove(hit.page);
    if (list.hits.length === 0) say(nothingFound(query.value.trim(), state));
    notice = counted("forgotten", pages);
    announce(notice);
    await refreshState();
  } catch (error) {
    showProblem(problem, wordsOf(error));
  }
}

/** The rows on the screen answer an older question than the one in the box. */
function isStale(): boolean {
  return context.hidden && results.dataset.query !== query.value.trim();
}

/** A new question: gives its number, after which no older answer draws. */
function newQuestion(): number {
  clearTimeout(pause);
  openWhenShown = false;
  notice = null;
  list.reset();
  return ++asked;
}

/** Asks for what is in the box; `settled` when it was not typed but given, so that no pause is due. */
function search(settled = false): void {
  const typed = query.value.trim();
  const number = newQuestion();
  context.hidden = true;
  if (typed === "") {
    showNothing();
    return;
  }
  const meaningful = [...typed].length >= MEANINGFUL || UNSPACED.test(typed);
  results.setAttribute("aria-busy", "true");
  const words = ask({ type: "search", query: typed, mode: "words", limit: LIMIT, filters: NO_FILTERS });
  void showWords(words, typed, number, meaningful);
  if (meaningful) pause = setTimeout(() => void showHybrid(words, typed, number), settled ? 0 : PAUSE);
}

const NO_FILTERS = { site: null, after: null, before: null };

async function showWords(
  words: Promise<Results>,
  typed: string,
  number: number,
  more: boolean,
): Promise<void> {
  try {
    const found = await words;
    if (number !== asked) return;
    if (found.hits.length > 0 || !more) draw(found, found.hits, "words", typed, !more);
    else if (list.hits.length === 0) say({ kind: "searching", heading: text("searching"), lines: [] });
  } catch (error) {
    if (number === asked) fail(error);
  }
}

async function showHybrid(words: Promise<Results>, typed: string, number: number): Promise<void> {
  try {
    const hybrid = await ask({
      type: "search",
      query: typed,
      mode: "hybrid",
      limit: LIMIT,
      filters: NO_FILTERS,
    });
    const byWords = await words.then(
      (found) => found.hits,
      () => [],
    );
    if (number !== asked) return;
    const screen = { query: typed, words: byWords, shown: list.hits, reading: list.reading };
    draw(hybrid, mergeHybrid(hybrid.hits, screen), "hybrid", typed, true);
  } catch (error) {
    if (number === asked) fail(error);
  }
}

async function showSimilar(page: WebTab): Promise<void> {
  const number = newQuestion();
  query.value = "";
  context.hidden = false;
  contextTitle.textContent = text("similarTo", page.title);
  results.setAttribute("aria-busy", "true");
  list.render([]);
  say({ kind: "searching", heading: text("searching"), lines: [] });
  try {
    const found = await ask({ type: "similar", url: page.url, otherSites: false, limit: LIMIT });
    if (number !== asked) return;
    draw(found, found.hits, "similar", "", true);
    if (found.unknownPage)
      say({ kind: "unknownPage", heading: text("unknownPageHeading"), lines: [text("unknownPageLine")] });
    else if (found.hits.length === 0) say({ kind: "none", heading: text("noneSimilar"), lines: [] });
  } catch (error) {
    if (number === asked) fail(error, () => void showSimilar(page));
  }
}

/** Puts an answer on the screen. `last`: no better one is on its way. */
function draw(found: Results, hits: readonly Hit[], mode: string, typed: string, last: boolean): void {
  answer = found;
  results.dataset.mode = mode;
  results.dataset.query = typed;
  results.setAttribute("aria-busy", String(!last));
  list.render(hits);
  say(hits.length === 0 ? nothingFound(typed, state) : null);
  if (last) announce(counted("found", hits.length));
  showStatus();
  const first = list.selected;
  if (openWhenShown && last && first) {
    openWhenShown = false;
    void open(first, "foreground");
  }
}

/** The state before any question. */
function showNothing(): void {
  answer = null;
  results.dataset.mode = "";
  results.dataset.query = "";
  results.setAttribute("aria-busy", "false");
  list.render([]);
  announce("");
  say(
    firstSteps(state, [
      ["↑ ↓", "keyMove"],
      ["Enter", "keyOpen"],
      [navigator.platform.startsWith("Mac") ? "⌘ Enter" : "Ctrl Enter", "keyBehind"],
      ["Shift Delete", "keyForget"],
    ]),
  );
  showStatus();
}

function fail(error: unknown, retry = (): void => search(true)): void {
  clearTimeout(pause);
  asked++;
  answer = null;
  list.render([]);
  results.dataset.query = query.value.trim();
  results.setAttribute("aria-busy", "false");
  const shown = failed(error, retry);
  say(shown);
  announce(shown.heading);
}

function say(shown: Message | null): void {
  showMessage(message, shown);
  results.hidden = shown !== null;
}

function announce(what: string): void {
  announcement.textContent = what;
}

function showStatus(): void {
  status.textContent = notice ?? statusLine(answer, state);
}

async function refreshState(): Promise<void> {
  state = await ask({ type: "state" });
  showProblem(problem, state.problem);
  showStatus();
  if (message.dataset.kind === "empty" || message.dataset.kind === "consent") showNothing();
}

/** Reads the state now, and again as long as something is being indexed. */
async function watchState(): Promise<void> {
  try {
    await refreshState();
    if (state && isBusy(state)) setTimeout(() => void watchState(), REFRESH);
  } catch (error) {
    if (!state && query.value.trim() === "" && context.hidden)
      fail(error, () => {
        showNothing();
        void watchState();
      });
    else setTimeout(() => void watchState(), REFRESH);
  }
}

/** Does what the context menu or a command asked for. Typing that has begun is not overwritten. */
async function followIntent(): Promise<void> {
  const intent = await takeIntent();
  if (!intent || query.value !== "") return;
  if (intent.type === "similar") {
    await showSimilar(intent);
    return;
  }
  query.value = intent.query.slice(0, query.maxLength);
  query.select();
  search(true);
}

async function offerSimilar(): Promise<void> {
  const tab = await activeWebTab();
  if (!tab) return;
  similarButton.hidden = false;
  similarButton.addEventListener("click", () => {
    void showSimilar(tab);
    query.focus();
  });
}

query.addEventListener("input", () => search());
query.addEventListener("keydown", (event) => {
  // While the rows are of an older question, Enter waits for the new ones; "forget" must not hit them at all.
  if (isStale() && event.key === "Delete" && event.shiftKey) return;
  if (event.key === "Enter" && !event.isComposing && isStale() && results.ariaBusy === "true") {
    openWhenShown = true;
    event.preventDefault();
  } else if (list.key(event)) {
    event.preventDefault();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  if (query.value === "" && context.hidden) {
    window.close();
    return;
  }
  event.preventDefault();
  query.value = "";
  search();
  query.focus();
});
byId("back-button", HTMLButtonElement).addEventListener("click", () => {
  query.value = "";
  search();
  query.focus();
});
byId("options-button", HTMLButtonElement).addEventListener("click", () => {
  void openOptions().then(() => window.close());
});

if (query.value === "") showNothing();
else search();
void followIntent();
void watchState();
void offerSimilar();
