// Everything into a file, and out of one. What the file is: background/FORMAT.md; how it is read and written: ../transfer.
//
// Stable handles for tests: #export-passphrase, #export-again, #export-button; #import-file, #import-passphrase,
// #import-open, #import-contents with [data-fact=pages|period|sites|pinned|rules|missing], #import-settings,
// #import-button; and of each of the two #export-… and #import-…: progress, stop, status, problem.

import type { Merged, Scope, State } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { mayGo } from "../shared/confirm.ts";
import { element } from "../shared/dom.ts";
import { bytes, day } from "../shared/format.ts";
import { wordsOf } from "../shared/problem.ts";
import { counted, type MessageKey, number, text } from "../shared/strings.ts";
import { Reader } from "../transfer/file.ts";
import { type FileCode, FileError } from "../transfer/problem.ts";
import { type Background, type Contents, look, take, write } from "../transfer/run.ts";
import { CHANGED, type Fact, facts } from "./section.ts";
import { Task } from "./task.ts";

/** How long the browser may take to begin saving a file, in ms. */
const SAVING = 60_000;

const PROBLEMS: Record<FileCode, MessageKey> = {
  notOurs: "fileNotOurs",
  newer: "fileNewer",
  unknown: "fileNewer",
  truncated: "fileTruncated",
  damaged: "fileDamaged",
  tooLarge: "fileDamaged",
  passphrase: "filePassphrase",
  unreadable: "fileUnreadable",
};

const background: Background = {
  async export(request) {
    const piece = await ask({ type: "export", ...request });
    return piece;
  },
  async import(request) {
    const frame = await ask({ type: "import", ...request });
    return frame;
  },
};

/** The state's part that matters here. */
let pages = 0;

/** Draws the section. */
export function showTransfer(state: State): void {
  pages = state.pages;
  // Nothing is there before, and nothing may come in.
  if (section) section.hidden = !state.settings.consent;
}

let section: HTMLElement | null = null;

/** Fills the section. */
export function startTransfer(place: HTMLElement): void {
  section = place;
  const exporting = new Task("export", problemOf);
  const importing = new Task("import", problemOf);
  exporting.excludes(importing);
  place.replaceChildren(
    element("h2", { id: "transfer-heading" }, text("transferHeading")),
    ...exportForm(exporting),
    ...importForm(importing),
  );
}

function problemOf(error: unknown): string {
  return error instanceof FileError ? text(PROBLEMS[error.code]) : wordsOf(error);
}

function password(id: string, autocomplete: "new-password" | "off"): HTMLInputElement {
  return element("input", { id, type: "password", autocomplete, spellcheck: "false", dir: "auto" });
}

function field(input: HTMLInputElement, label: MessageKey): HTMLElement {
  return element("div", { class: "field" }, element("label", { for: input.id }, text(label)), input);
}

function exportForm(task: Task): HTMLElement[] {
  const passphrase = password("export-passphrase", "new-password");
  const again = password("export-again", "new-password");
  passphrase.setAttribute("aria-describedby", "export-passphrase-hint");
  const button = element("button", { id: "export-button", type: "submit" }, text("exportButton"));
  const form = element(
    "form",
    {},
    element(
      "div",
      { class: "pair" },
      field(passphrase, "exportPassphrase"),
      field(again, "exportPassphraseAgain"),
    ),
    element("p", { id: "export-passphrase-hint", class: "hint" }, text("exportPassphraseHint")),
    element("div", { class: "line wrap act" }, button),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (passphrase.value !== again.value) {
      task.refuse(text("exportPassphraseDiffers"));
      again.focus();
      return;
    }
    void task.run(text("exportRunning"), "transferStopped", async (job) => {
      const written = await write(background, passphrase.value, job);
      const name = `afterimage-${new Date().toISOString().slice(0, 10)}.afterimage`;
      save(written.file, name);
      form.reset();
      const done = [text("exportDone", counted("pages", written.pages), bytes(written.file.size), name)];
      if (written.leftOut > 0) done.push(counted("exportLeftOut", written.leftOut));
      return done.join(" ");
    });
  });
  task.holds(form);
  return [
    element("h3", {}, text("exportHeading")),
    element("p", { class: "hint" }, text("exportHint")),
    form,
    ...task.parts,
  ];
}

/** Hands a file to the browser's downloads. */
function save(file: Blob, name: string): void {
  const link = element("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING);
}

function importForm(task: Task): HTMLElement[] {
  const file = element("input", { id: "import-file", type: "file", accept: ".afterimage" });
  const passphrase = password("import-passphrase", "off");
  const open = element("button", { id: "import-open", type: "submit" }, text("importOpen"));
  const unseal = element(
    "form",
    { hidden: true },
    field(passphrase, "importPassphrase"),
    element("div", { class: "line" }, open),
  );
  const list = element("dl", { class: "facts" });
  const settings = element("input", { id: "import-settings", type: "checkbox" });
  const button = element("button", { id: "import-button", type: "submit", class: "primary" });
  button.textContent = text("importButton");
  const contents = element(
    "form",
    { id: "import-contents", hidden: true },
    list,
    element("label", { class: "check" }, settings, element("span", {}, text("importSettings"))),
    element("p", { class: "hint indented" }, text("importSettingsHint")),
    element("div", { class: "line wrap act" }, button),
  );
  let found: Contents | null = null;

  const chosen = (): File | undefined => file.files?.[0];

  async function check(blob: File): Promise<void> {
    const done = await task.run(text("importChecking"), "transferStopped", async (job) => {
      found = await look(background, await Reader.begin(blob, passphrase.value), job);
      return "";
    });
    if (!done || found === null) {
      passphrase.select();
      return;
    }
    unseal.hidden = true;
    contents.hidden = false;
    facts(list, factsOf(found, blob));
    settings.checked = pages === 0;
    button.focus();
  }

  file.addEventListener("change", async () => {
    found = null;
    unseal.hidden = true;
    contents.hidden = true;
    passphrase.value = "";
    task.refuse("");
    const blob = chosen();
    if (blob === undefined) return;
    try {
      if (!(await Reader.isSealed(blob))) {
        await check(blob);
        return;
      }
    } catch (error) {
      task.refuse(problemOf(error));
      return;
    }
    unseal.hidden = false;
    passphrase.focus();
  });
  unseal.addEventListener("submit", (event) => {
    event.preventDefault();
    const blob = chosen();
    if (blob !== undefined) void check(blob);
  });
  contents.addEventListener("submit", async (event) => {
    event.preventDefault();
    const blob = chosen();
    if (blob === undefined || found === null) return;
    if (settings.checked && !(await mayTakeSettings(found))) return;
    const done = await task.run(text("importRunning"), "importStopped", async (job) => {
      const reader = await Reader.begin(blob, passphrase.value);
      return resultOf(await take(background, reader, settings.checked, job));
    });
    document.dispatchEvent(new Event(CHANGED));
    if (!done) return;
    contents.hidden = true;
    found = null;
    passphrase.value = "";
    file.value = "";
    file.focus();
  });
  task.holds(file, unseal, contents);
  return [
    element("h3", {}, text("importHeading")),
    element("p", { id: "import-hint", class: "hint" }, text("importHint")),
    element("div", { class: "field" }, element("label", { for: "import-file" }, text("importFile")), file),
    unseal,
    contents,
    ...task.parts,
  ];
}

function factsOf(found: Contents, file: File): Fact[] {
  const lines: Fact[] = [["pages", "importPages", `${number(found.pages)} (${bytes(file.size)})`]];
  if (found.period !== null) {
    const { oldest, newest } = found.period;
    const [first, last] = [day(oldest), day(newest)];
    const period = first === last ? first : text("importFromTo", first, last);
    lines.push(["period", "importPeriod", period]);
  }
  lines.push(["sites", "importSites", number(found.sites)]);
  if (found.pinned > 0) lines.push(["pinned", "importPinned", number(found.pinned)]);
  const rules = found.settings.sites.length;
  if (rules > 0) lines.push(["rules", "rulesHeading", number(rules)]);
  if (found.leftOut > 0) lines.push(["missing", "importMissing", number(found.leftOut)]);
  return lines;
}

/** Asks, if the file's rules for sites leave nothing of pages that are here. */
function mayTakeSettings({ settings }: Contents): Promise<boolean> {
  const scopes = settings.sites.map(({ site, level }): Scope => ({ scope: "level", site, level }));
  return mayGo(
    scopes.filter((scope) => scope.scope === "level" && scope.level !== "full"),
    { heading: text("importConfirm"), action: text("confirmForget") },
  );
}

function resultOf({ added, updated, unchanged, leftOut }: Merged): string {
  const parts = [counted("importAdded", added)];
  if (updated > 0) parts.push(counted("importUpdated", updated));
  if (unchanged > 0) parts.push(counted("importUnchanged", unchanged));
  if (leftOut > 0) parts.push(counted("importLeftOut", leftOut));
  return text("importDone", parts.join(" · "));
}
