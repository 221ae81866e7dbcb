// The diagnostics section: who embeds and why, how one text is embedded, and all of it to copy.

import type { Diagnosis, State } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { backendName, milliseconds } from "../shared/format.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { number, text } from "../shared/strings.ts";
import { facts } from "./section.ts";

const choices = byId("choices", HTMLDListElement);
const diagnosis = byId("diagnosis", HTMLDListElement);
const diagnoseText = byId("diagnose-text", HTMLInputElement);
const diagnoseError = byId("diagnose-error", HTMLParagraphElement);
const copyStatus = byId("copy-status", HTMLSpanElement);

let shown: State | null = null;
let diagnosed: Diagnosis | null = null;

/** Draws the state; called every two seconds. */
export function showState(state: State): void {
  shown = state;
  const { queryChoice, bulkChoice } = state;
  facts(choices, [
    ["queryChoice", "queryChoice", text("chosen", backendName(queryChoice.backend), queryChoice.reason)],
    ["bulkChoice", "bulkChoice", text("chosen", backendName(bulkChoice.backend), bulkChoice.reason)],
    ["space", "rowSpace", state.space],
    ["version", "rowVersion", state.version],
  ]);
}

async function diagnose(): Promise<void> {
  showProblem(diagnoseError, null);
  try {
    diagnosed = await ask({ type: "diagnose", text: diagnoseText.value });
    const { backend, space, dims, tokens, tookMs, firstTen, norm } = diagnosed;
    facts(diagnosis, [
      ["backend", "rowBackend", backendName(backend)],
      ["space", "rowSpace", space],
      ["dims", "rowDims", number(dims)],
      ["tokens", "rowTokens", tokens === null ? text("none") : number(tokens)],
      ["tookMs", "rowTime", milliseconds(tookMs)],
      ["firstTen", "rowFirstTen", firstTen.map((value) => value.toFixed(4)).join("  ")],
      ["norm", "rowNorm", norm.toFixed(6)],
    ]);
    diagnosis.dataset.backend = backend;
    diagnosis.hidden = false;
  } catch (error) {
    diagnosis.hidden = true;
    showProblem(diagnoseError, wordsOf(error));
  }
}

/** What helps to understand a problem, as JSON, without what a person read, typed or excluded. */
function report(): string {
  if (!shown) return "{}";
  const { settings, ...state } = shown;
  const { sites, ...kept } = settings;
  return JSON.stringify(
    {
      ...state,
      settings: { ...kept, sites: sites.length },
      diagnosis: diagnosed,
      userAgent: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
    },
    null,
    2,
  );
}

async function copy(): Promise<void> {
  try {
    await navigator.clipboard.writeText(report());
    copyStatus.textContent = text("copied");
  } catch {
    copyStatus.textContent = text("notCopied");
  }
}

/** Wires the section up. */
export function startDiagnostics(): void {
  diagnoseText.value = text("diagnoseSample");
  byId("diagnose-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void diagnose();
  });
  byId("copy-button", HTMLButtonElement).addEventListener("click", () => void copy());
}
