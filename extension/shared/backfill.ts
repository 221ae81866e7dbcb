// History and bookmarks: what may be taken in, how far that is, stop and remove. The options and the welcome page have
// an empty section for it.
//
// Stable handles for tests: #backfill[data-phase] (as BackfillPhase), #backfill-history, #backfill-bookmarks,
// #backfill-start, #backfill-cancel, #backfill-remove, #backfill-status, #backfill-counts, #backfill-again,
// #backfill-problem.

import type { Backfill, BackfillPhase, BackfillState, State } from "../../messages/messages.ts";
import { ask, requestBookmarks } from "./browser.ts";
import { element } from "./dom.ts";
import { day } from "./format.ts";
import { showProblem, wordsOf } from "./problem.ts";
import { counted, type MessageKey, text } from "./strings.ts";

/** How often the state is read while it changes, and otherwise, in ms. */
const QUICK = 500;
const SLOW = 3000;

const PHASES: Record<BackfillPhase, MessageKey | null> = {
  none: null,
  running: "backfillRunning",
  paused: "backfillPaused",
  done: "backfillDone",
  cancelled: "backfillCancelled",
};

/** Fills the section and keeps it up to date; gives what shows a state that is already there. */
export function startBackfill(section: HTMLElement): (state: State) => void {
  const history = element("input", { id: "backfill-history", type: "checkbox", checked: true });
  const bookmarks = element("input", { id: "backfill-bookmarks", type: "checkbox" });
  const choices = element(
    "div",
    { role: "group", "aria-labelledby": "backfill-heading" },
    element("label", { class: "check" }, history, element("span", {}, text("backfillHistory"))),
    element("label", { class: "check" }, bookmarks, element("span", {}, text("backfillBookmarks"))),
  );
  const start = element("button", { id: "backfill-start", type: "button" });
  const cancel = element("button", { id: "backfill-cancel", type: "button" }, text("backfillCancel"));
  const remove = element("button", { id: "backfill-remove", type: "button" }, text("backfillRemove"));
  const bar = element("progress", { "aria-label": text("backfillRunning") });
  const status = element("p", { id: "backfill-status", class: "outcome", role: "status" });
  const counts = element("p", { id: "backfill-counts", class: "hint" });
  const again = element(
    "p",
    { id: "backfill-again", class: "hint", hidden: true },
    text("backfillAgainHint"),
  );
  const problem = element("p", {
    id: "backfill-problem",
    class: "problem outcome",
    role: "alert",
    hidden: true,
  });
  section.replaceChildren(
    element("h2", { id: "backfill-heading" }, text("backfillHeading")),
    element("p", { class: "hint" }, text("backfillHint")),
    choices,
    bar,
    status,
    counts,
    again,
    problem,
    element("div", { class: "buttons" }, start, cancel, remove),
  );

  let removed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(state: State): void {
    const { phase, removable, ...run } = state.backfill;
    const underWay = phase === "running" || phase === "paused";
    // A button that goes takes the focus along.
    const focused = section.contains(document.activeElement) && document.activeElement !== document.body;
    section.hidden = !state.settings.consent;
    section.dataset.phase = phase;
    choices.hidden = underWay;
    bar.hidden = phase !== "running";
    start.hidden = underWay;
    start.classList.toggle("primary", phase === "none");
    say(start, text(phase === "none" ? "backfillStart" : "backfillAgain"));
    // What the browser still knows is not ours to forget.
    again.hidden = underWay || phase === "none";
    cancel.hidden = !underWay;
    remove.hidden = underWay || !removable;
    const key = phase === "none" && removed ? "backfillRemoved" : PHASES[phase];
    say(status, key === null ? "" : text(key));
    say(counts, phase === "none" ? "" : countsOf(run));
    if (focused && document.activeElement === document.body) (underWay ? cancel : start).focus();
    allow();
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), underWay ? QUICK : SLOW);
  }

  function allow(): void {
    start.disabled = !history.checked && !bookmarks.checked;
  }

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), SLOW);
    if (document.visibilityState !== "visible") return;
    // The page itself says when the background cannot be reached.
    await ask({ type: "state" }).then(show, () => undefined);
  }

  async function act(what: Backfill): Promise<void> {
    try {
      showProblem(problem, null);
      const state = await ask({ type: "backfill", ...what });
      removed = what.action === "remove";
      show(state);
    } catch (error) {
      showProblem(problem, wordsOf(error));
    }
  }

  async function begin(): Promise<void> {
    // First of all: the browser asks only within the click.
    if (bookmarks.checked && !(await requestBookmarks().catch(() => false))) {
      bookmarks.checked = false;
      allow();
      if (history.checked) await act({ action: "start", history: true, bookmarks: false });
      showProblem(problem, text("backfillNoBookmarks"));
      return;
    }
    await act({ action: "start", history: history.checked, bookmarks: bookmarks.checked });
  }

  history.addEventListener("change", allow);
  bookmarks.addEventListener("change", allow);
  start.addEventListener("click", () => void begin());
  cancel.addEventListener("click", () => void act({ action: "cancel" }));
  remove.addEventListener("click", () => void act({ action: "remove" }));
  document.addEventListener("visibilitychange", () => void refresh());
  void refresh();
  return show;
}

/** The same words again would be read aloud again. */
function say(place: HTMLElement, words: string): void {
  if (place.textContent !== words) place.textContent = words;
}

function countsOf({ added, leftOut, reached }: Omit<BackfillState, "phase" | "removable">): string {
  const parts = [counted("backfillAdded", added)];
  if (reached !== null) parts.push(text("backfillReached", day(reached)));
  if (leftOut > 0) parts.push(counted("backfillLeftOut", leftOut));
  return parts.join(" · ");
}
