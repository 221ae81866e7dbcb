// The options page: settings, and the diagnostics section (diagnostics.ts).
//
// Check boxes and lists save at once; the excluded sites, which one types, have a button.
//
// Stable handles for tests: #paused, #excluded, #excluded-save, #excluded-status, #backend, #software-gpu,
// #problem, #no-consent; #diagnose-text, #diagnose-button, #diagnosis with [data-fact=…] named as the fields
// of Diagnosis and a data-backend; #chain tr[data-backend][data-available][data-code]; #choices and #counts
// with [data-fact=…] named as the fields of State; #copy-button, #copy-status.

import type { BackendChoice, Settings, State } from "../../messages/messages.ts";
import { ask, openWelcome } from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { changeSettings } from "../shared/settings.ts";
import { fillPage, text } from "../shared/strings.ts";
import { showState, startDiagnostics } from "./diagnostics.ts";
import { hostsOf } from "./hosts.ts";

/** How often the page reads the state while it is looked at, in ms. */
const REFRESH = 2000;

const paused = byId("paused", HTMLInputElement);
const excluded = byId("excluded", HTMLTextAreaElement);
const excludedStatus = byId("excluded-status", HTMLSpanElement);
const backend = byId("backend", HTMLSelectElement);
const softwareGpu = byId("software-gpu", HTMLInputElement);
const problem = byId("problem", HTMLParagraphElement);
const noConsent = byId("no-consent", HTMLDivElement);

/** The list of sites was edited and not saved: do not overwrite it. */
let edited = false;

fillPage();
startDiagnostics();

function show(state: State): void {
  const { settings } = state;
  paused.checked = settings.paused;
  // A list that is open would close under the hand.
  if (document.activeElement !== backend) backend.value = settings.backend;
  softwareGpu.checked = settings.allowSoftwareGpu;
  if (!edited) excluded.value = excludedIn(settings).join("\n");
  noConsent.hidden = settings.consent;
  showProblem(problem, state.problem);
  showState(state);
}

async function change(changed: Partial<Settings>): Promise<boolean> {
  try {
    show(await changeSettings(changed));
    return true;
  } catch (error) {
    showProblem(problem, wordsOf(error));
    return false;
  }
}

/** Sites of which nothing is kept. */
function excludedIn({ sites }: Settings): string[] {
  return sites.filter(({ level }) => level === "never").map(({ site }) => site);
}

/** Puts these sites in the place of those that are excluded; other rules stay. */
async function exclude(hosts: string[]): Promise<boolean> {
  try {
    const { settings } = await ask({ type: "state" });
    const others = settings.sites.filter(({ site, level }) => level !== "never" && !hosts.includes(site));
    return await change({ sites: [...others, ...hosts.map((site) => ({ site, level: "never" as const }))] });
  } catch (error) {
    showProblem(problem, wordsOf(error));
    return false;
  }
}

async function saveExcluded(): Promise<void> {
  const hosts = hostsOf(excluded.value);
  excluded.value = hosts.join("\n");
  edited = !(await exclude(hosts));
  excludedStatus.textContent = text(edited ? "unsaved" : "saved");
}

async function refresh(): Promise<void> {
  if (document.visibilityState !== "visible") return;
  try {
    show(await ask({ type: "state" }));
  } catch (error) {
    showProblem(problem, wordsOf(error));
  }
}

paused.addEventListener("change", () => void change({ paused: paused.checked }));
softwareGpu.addEventListener("change", () => void change({ allowSoftwareGpu: softwareGpu.checked }));
backend.addEventListener("change", () => void change({ backend: backend.value as BackendChoice }));
excluded.addEventListener("input", () => {
  edited = true;
  excludedStatus.textContent = text("unsaved");
});
byId("excluded-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void saveExcluded();
});
byId("welcome-button", HTMLButtonElement).addEventListener("click", () => void openWelcome());
document.addEventListener("visibilitychange", () => void refresh());

void refresh();
setInterval(() => void refresh(), REFRESH);
