// The models section: which there are, getting another one from the hub or from files, and embedding with it.
//
// Rows are made once and then changed, so that the focus stays where it is.
//
// Stable handles for tests: #models [data-model][data-phase] with buttons .download, .pause, .verify, .delete, .use,
// .import, a progress, .status and .problem; #reembed with a progress, #reembed-status and #reembed-answers.

import type {
  ModelAction,
  ModelList,
  ModelPhase,
  ModelProblem,
  ModelState,
  State,
} from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { confirmLoss } from "../shared/confirm.ts";
import { byId, element } from "../shared/dom.ts";
import { ago, bytes, languageName } from "../shared/format.ts";
import { showProblem } from "../shared/problem.ts";
import { counted, type MessageKey, number, text } from "../shared/strings.ts";
import { pickModelFiles, sendFile } from "./model-files.ts";
import { attempt } from "./section.ts";

/** How often it is looked at while something is under way, in ms; otherwise with the page's state. */
const QUICK = 500;

/** What each is good for. */
const ABOUT: Record<string, MessageKey> = {
  "all-MiniLM-L6-v2": "modelAboutMiniLm",
  "bge-small-en-v1.5": "modelAboutBge",
};

const PHASES: Record<ModelPhase, MessageKey> = {
  absent: "modelAbsent",
  downloading: "modelDownloading",
  paused: "modelPaused",
  importing: "modelImporting",
  verifying: "modelVerifying",
  converting: "modelConverting",
  ready: "modelReady",
  failed: "modelFailed",
};

const PROBLEMS: Record<ModelProblem, MessageKey> = {
  unreachable: "modelUnreachable",
  notFound: "modelNotFound",
  server: "modelServer",
  wrongLength: "modelWrongLength",
  wrongBytes: "modelWrongBytes",
  noSpace: "modelNoSpace",
  unusable: "modelUnusable",
};

/** With an end that can be seen coming. */
const MOVING: ReadonlySet<ModelPhase> = new Set(["downloading", "importing", "verifying", "converting"]);

const list = byId("model-list", HTMLUListElement);
const reembed = byId("reembed", HTMLDivElement);
const reembedStatus = byId("reembed-status", HTMLParagraphElement);
const reembedAnswers = byId("reembed-answers", HTMLParagraphElement);
const reembedProgress = byId("reembed-progress", HTMLProgressElement);

interface Row {
  show(model: ModelState): void;
}

const rows = new Map<string, Row>();
let timer: ReturnType<typeof setTimeout> | undefined;
/** Answers may overtake each other; only that to the last question counts. */
let asked = 0;

/** Draws the section: models are asked for by themselves, since the state is asked for by every page. */
export function showModels(_state: State): void {
  void refresh();
}

async function refresh(): Promise<void> {
  clearTimeout(timer);
  asked += 1;
  const mine = asked;
  // The page itself says when the background cannot be reached.
  const models = await ask({ type: "models" }).catch(() => null);
  if (models !== null && mine === asked) show(models);
}

function show({ models, embedded, wanted, answering }: ModelList): void {
  for (const model of models) {
    let row = rows.get(model.id);
    if (row === undefined) {
      row = rowOf(model);
      rows.set(model.id, row);
    }
    row.show(model);
  }
  const chosen = models.find((model) => model.chosen);
  reembed.hidden = embedded >= wanted || chosen === undefined;
  reembedProgress.max = Math.max(1, wanted);
  reembedProgress.value = embedded;
  if (!reembed.hidden && chosen !== undefined) {
    say(reembedStatus, text("modelReembedding", chosen.id, number(embedded), number(wanted)));
    say(reembedAnswers, answering === chosen.id ? "" : text("modelAnswers", answering));
  }
  clearTimeout(timer);
  if (
    document.visibilityState === "visible" &&
    (!reembed.hidden || models.some(({ phase }) => MOVING.has(phase)))
  )
    timer = setTimeout(() => void refresh(), QUICK);
}

/** A model's place in the list. */
function rowOf({ id, bundled }: ModelState): Row {
  const heading = element("h3", { id: `model-${id}` }, id);
  const tags = element("span", {});
  const facts = element("p", { class: "hint" });
  // The figures change too often to be read aloud each time.
  const status = element("span", { role: "status" });
  const figures = element("span", {});
  const progress = element("progress", { max: 1, "aria-labelledby": `model-${id}` });
  const problem = element("p", { class: "problem outcome", role: "alert", hidden: true });
  const item = element(
    "li",
    { class: "model", "data-model": id },
    element("div", { class: "model-name" }, heading, tags),
    ...(ABOUT[id] === undefined ? [] : [element("p", {}, text(ABOUT[id]))]),
    facts,
    element("p", { class: "status" }, status, " ", figures),
    progress,
    problem,
  );
  const button = (name: string, label: MessageKey, run: () => unknown): HTMLButtonElement => {
    const made = element(
      "button",
      { type: "button", class: name, "aria-describedby": `model-${id}` },
      text(label),
    );
    made.addEventListener("click", () => void run());
    return made;
  };
  let shown: ModelState | undefined;
  const act = (action: ModelAction): Promise<boolean> =>
    attempt(async () => show(await ask({ type: "model", model: id, action })));
  const use = button("use", "modelUse", () => act("use"));
  const download = button("download", "modelDownload", () => act("download"));
  const pause = button("pause", "modelPause", () => act("pause"));
  const files = button("import", "modelImport", () => importFiles(shown));
  const verify = button("verify", "modelVerify", () => act("verify"));
  const remove = button("delete", "modelDelete", async () => {
    if (shown !== undefined && (await mayDelete(shown))) await act("delete");
  });
  const buttons = [use, download, pause, files, verify, remove];
  item.append(element("div", { class: "line wrap model-buttons" }, ...buttons));
  list.append(item);

  return {
    show(model) {
      shown = model;
      const { phase, chosen } = model;
      const focused = item.contains(document.activeElement);
      item.dataset.phase = phase;
      item.dataset.chosen = String(chosen);
      tags.replaceChildren(
        ...(chosen ? [element("span", { class: "tag" }, text("modelInUse"))] : []),
        ...(bundled ? [element("span", { class: "tag" }, text("modelShips"))] : []),
      );
      say(facts, factsOf(model));
      say(status, text(PHASES[phase]));
      say(figures, figuresOf(model));
      progress.hidden = !MOVING.has(phase) && phase !== "paused";
      progress.value = model.done;
      showProblem(problem, problemOf(model));
      const under = phase === "verifying" || phase === "converting";
      const some = model.files.some(({ received }) => received > 0);
      use.hidden = phase !== "ready" || chosen;
      use.classList.toggle("primary", !bundled);
      download.hidden = bundled || under || phase === "downloading" || phase === "ready";
      say(download, text(some ? "modelResume" : "modelDownload"));
      pause.hidden = phase !== "downloading";
      files.hidden = bundled || under || phase === "downloading" || phase === "ready";
      verify.hidden = bundled || phase !== "ready";
      remove.hidden = bundled || (phase === "absent" && !some);
      say(remove, text(phase === "ready" ? "modelDelete" : "modelDiscard"));
      // A button that goes takes the focus along.
      if (focused && !item.contains(document.activeElement)) buttons.find((each) => !each.hidden)?.focus();
    },
  };
}

function factsOf({ licence, languages, maxTokens, files }: ModelState): string {
  const whole = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    text("modelLicence", licence),
    languages.length === 0 ? text("modelAnyLanguage") : languages.map(languageName).join(", "),
    counted("modelReads", maxTokens),
    ...(whole > 0 ? [text("modelSize", bytes(whole))] : []),
  ].join(" · ");
}

function figuresOf({
  phase,
  files,
  done,
  storedBytes,
  verifiedAt,
  retryAt,
  detail,
  bundled,
}: ModelState): string {
  const words: string[] = [];
  const whole = files.reduce((sum, file) => sum + file.bytes, 0);
  const here = files.reduce((sum, file) => sum + file.received, 0);
  if (phase === "downloading" || phase === "paused" || phase === "importing")
    words.push(text("modelProgress", bytes(here), bytes(whole), bytes(whole - here)));
  if (phase === "verifying" || phase === "converting")
    words.push(text("modelPercent", number(Math.round(done * 100))));
  if (phase === "ready") words.push(text("modelTakes", bytes(storedBytes)));
  if (phase === "ready" && verifiedAt !== null && !bundled)
    words.push(text("modelVerified", ago(verifiedAt)));
  if (retryAt !== null && detail !== null) words.push(text("modelTrouble", detail));
  if (retryAt !== null)
    words.push(counted("modelRetry", Math.max(1, Math.ceil((retryAt - Date.now()) / 1000))));
  return words.join(" ");
}

/** What went wrong and what to do, unless it is tried again by itself; the detail is for those who report it. */
function problemOf({ problem, detail, retryAt }: ModelState): string | null {
  if (problem === null || retryAt !== null) return null;
  return detail === null ? text(PROBLEMS[problem]) : `${text(PROBLEMS[problem])} (${detail})`;
}

/** What came of a download can be fetched again, a model that is used is asked about. */
async function mayDelete({ id, phase, chosen, storedBytes }: ModelState): Promise<boolean> {
  if (phase !== "ready") return true;
  return confirmLoss(null, {
    heading: text("modelDeleteAsk", id),
    lines: [text("modelDeleteFrees", bytes(storedBytes)), ...(chosen ? [text("modelDeleteChosen")] : [])],
    action: text("modelDelete"),
  });
}

async function importFiles(model: ModelState | undefined): Promise<void> {
  if (model === undefined) return;
  await attempt(async () => {
    const chosen = await pickModelFiles(model.files);
    if (chosen === null) return;
    for (const { file, name } of chosen) await sendFile(model.id, name, file, show);
  });
}

/** The same words again would be read aloud again. */
function say(place: HTMLElement, words: string): void {
  if (place.textContent !== words) place.textContent = words;
}

/** Wires the section up. */
export function startModels(): void {
  document.addEventListener("visibilitychange", () => void refresh());
}
