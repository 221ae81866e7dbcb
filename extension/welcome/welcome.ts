// The welcome page: says what Afterimage does and keeps, and asks. Nothing is stored before "yes".
//
// Stable handles for tests: #question, #yes-button, #no-button, #accepted, #shortcut, #declined,
// #reconsider-button, #problem.

import { ask, openOptions, shortcut } from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { changeSettings } from "../shared/settings.ts";
import { fillPage, text } from "../shared/strings.ts";

const views = {
  question: byId("question", HTMLDivElement),
  accepted: byId("accepted", HTMLDivElement),
  declined: byId("declined", HTMLDivElement),
};
const yes = byId("yes-button", HTMLButtonElement);
const problem = byId("problem", HTMLParagraphElement);

fillPage();

function show(view: keyof typeof views): void {
  for (const [name, place] of Object.entries(views)) place.hidden = name !== view;
  // The next thing to hear and see is the new heading.
  views[view].querySelector("h1")?.focus();
  window.scrollTo(0, 0);
}

async function showAccepted(): Promise<void> {
  const keys = await shortcut("_execute_action").catch(() => null);
  const place = byId("shortcut", HTMLParagraphElement);
  byId("how", HTMLParagraphElement).textContent = text(keys ? "welcomeDone" : "welcomeDoneNoKey");
  place.hidden = keys === null;
  place.querySelector("kbd")?.replaceChildren(keys ?? "");
  show("accepted");
}

async function accept(): Promise<void> {
  yes.disabled = true;
  showProblem(problem, null);
  try {
    await changeSettings({ consent: true });
    await showAccepted();
  } catch (error) {
    showProblem(problem, wordsOf(error));
  } finally {
    yes.disabled = false;
  }
}

/** Who has answered yes before sees how to search, not the question again. */
async function start(): Promise<void> {
  try {
    if ((await ask({ type: "state" })).settings.consent) await showAccepted();
  } catch {
    // The question stands; pressing "yes" will say what is wrong.
  }
}

yes.addEventListener("click", () => void accept());
byId("no-button", HTMLButtonElement).addEventListener("click", () => show("declined"));
byId("reconsider-button", HTMLButtonElement).addEventListener("click", () => show("question"));
byId("options-button", HTMLButtonElement).addEventListener("click", () => void openOptions());
void start();
