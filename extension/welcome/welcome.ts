// The welcome page: says what Afterimage does and keeps, shows it (demo.ts), and asks. Nothing is stored before
// "yes", and what is chosen here holds from the first page on: it is set together with the consent.
//
// Stable handles for tests: #question, #demo-question, #demo-button, #demo-answer li[data-sentence], #sample mark,
// [name=level], #yes-button, #no-button, #accepted, #done-manual, #shortcut, #declined, #reconsider-button,
// #problem, and those of shared/access.ts.

import type { Settings } from "../../messages/messages.ts";
import { AccessNotice } from "../shared/access.ts";
import { startBackfill } from "../shared/backfill.ts";
import { ask, openOptions, shortcut } from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { changeSettings } from "../shared/settings.ts";
import { fillPage, text } from "../shared/strings.ts";
import { startDemo } from "./demo.ts";

const views = {
  question: byId("question", HTMLDivElement),
  accepted: byId("accepted", HTMLDivElement),
  declined: byId("declined", HTMLDivElement),
};
const yes = byId("yes-button", HTMLButtonElement);
const form = byId("answer-form", HTMLFormElement);
const problem = byId("problem", HTMLParagraphElement);

fillPage();
startDemo();
const access = new AccessNotice(byId("access", HTMLDivElement), headingOf(views.accepted));
const showBackfill = startBackfill(byId("backfill", HTMLElement));

function headingOf(view: HTMLElement): HTMLElement {
  return view.querySelector("h1") ?? view;
}

function show(view: keyof typeof views): void {
  for (const [name, place] of Object.entries(views)) place.hidden = name !== view;
  // The next thing to hear and see is the new heading.
  headingOf(views[view]).focus();
  window.scrollTo(0, 0);
}

async function showAccepted({ manual }: Settings): Promise<void> {
  const keys = await shortcut("_execute_action").catch(() => null);
  const place = byId("shortcut", HTMLParagraphElement);
  byId("how", HTMLParagraphElement).textContent = text(keys ? "welcomeDone" : "welcomeDoneNoKey");
  place.hidden = keys === null;
  place.querySelector("kbd")?.replaceChildren(keys ?? "");
  byId("done-manual", HTMLParagraphElement).hidden = !manual;
  await access.check();
  show("accepted");
}

/** What is kept, as it was chosen. */
function chosen(): Pick<Settings, "level" | "manual"> {
  const level = new FormData(form).get("level");
  return { level: level === "title" ? "title" : "full", manual: level === "manual" };
}

async function accept(): Promise<void> {
  yes.disabled = true;
  showProblem(problem, null);
  try {
    const state = await changeSettings({ consent: true, ...chosen() });
    showBackfill(state);
    await showAccepted(state.settings);
  } catch (error) {
    showProblem(problem, wordsOf(error));
  } finally {
    yes.disabled = false;
  }
}

/** Who has answered yes before sees how to search, not the question again. */
async function start(): Promise<void> {
  try {
    const { settings } = await ask({ type: "state" });
    if (settings.consent) await showAccepted(settings);
  } catch {
    // The question stands; pressing "yes" will say what is wrong.
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void accept();
});
byId("no-button", HTMLButtonElement).addEventListener("click", () => show("declined"));
byId("reconsider-button", HTMLButtonElement).addEventListener("click", () => show("question"));
byId("options-button", HTMLButtonElement).addEventListener("click", () => void openOptions());
void start();
