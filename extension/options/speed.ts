// The speed section: who turns text into meaning, how fast each of them was measured to be, and why one is or is
// not available. A table whose cells have bars: a plot to see and a table to hear.

import type { Backend, BackendChoice, Link, State } from "../../messages/messages.ts";
import { byId, element } from "../shared/dom.ts";
import { backendName, milliseconds } from "../shared/format.ts";
import { type MessageKey, text } from "../shared/strings.ts";
import { spellOut } from "./long-table.ts";
import { bar, change, choose } from "./section.ts";

/** Codes that say all there is to say; of others the engine has a sentence. */
const STATES: Record<string, MessageKey> = {
  ready: "linkReady",
  untried: "linkUntried",
};

const chain = byId("chain", HTMLTableElement);
const backend = byId("backend", HTMLSelectElement);
const softwareGpu = byId("software-gpu", HTMLInputElement);

let drawn = "";

/** Draws the section. */
export function showSpeed(state: State): void {
  choose(backend, state.settings.backend);
  softwareGpu.checked = state.settings.allowSoftwareGpu;
  const { queryChoice, bulkChoice } = state;
  const now = JSON.stringify([state.chain, queryChoice.backend, bulkChoice.backend]);
  if (now === drawn) return;
  drawn = now;
  const longest = (of: (link: Link) => number | null): number =>
    Math.max(0, ...state.chain.map((l) => of(l) ?? 0));
  const query = longest((link) => link.queryMs);
  const bulk = longest((link) => link.bulkMs);
  chain.tBodies[0]?.replaceChildren(
    ...state.chain.map((link) =>
      element(
        "tr",
        {
          role: "row",
          "data-backend": link.backend,
          "data-available": String(link.available),
          "data-code": link.code,
        },
        element(
          "th",
          { role: "rowheader", scope: "row" },
          backendName(link.backend),
          ...used(link.backend, queryChoice.backend, "usedForQuestions"),
          ...used(link.backend, bulkChoice.backend, "usedForPages"),
          element("span", { class: "state" }, text(STATES[link.code] ?? "linkClosed")),
          ...told(link),
        ),
        measured(link.queryMs, query, "chainQuery"),
        measured(link.bulkMs, bulk, "chainBulk"),
      ),
    ),
  );
}

/** The engine's own sentence, which is English, where the state alone does not say it. */
function told({ code, detail }: Link): HTMLElement[] {
  if (code in STATES) return [];
  return [element("span", { class: "hint", lang: "en" }, element("code", {}, code), " ", detail)];
}

function used(link: Backend, chosen: Backend, label: MessageKey): HTMLElement[] {
  return link === chosen ? [element("span", { class: "tag" }, text(label))] : [];
}

/** `label` stands before the number where the table is too narrow for columns. */
function measured(ms: number | null, longest: number, label: MessageKey): HTMLElement {
  const facts = { role: "cell", class: "plot", "data-label": text(label) };
  if (ms === null)
    return element("td", facts, element("span", { class: "figure none" }, text("notMeasured")));
  const share = longest > 0 ? ms / longest : 0;
  return element("td", facts, element("span", { class: "figure" }, milliseconds(ms)), bar(share));
}

/** Wires the section up. */
export function startSpeed(): void {
  spellOut(chain);
  softwareGpu.addEventListener("change", () => void change({ allowSoftwareGpu: softwareGpu.checked }));
  backend.addEventListener("change", () => void change({ backend: backend.value as BackendChoice }));
}
