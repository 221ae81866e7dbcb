// Nothing that cannot be taken back is forgotten before a person saw what goes: how many pages, how much, some titles.
//
// The dialog is the browser's own: it keeps the focus inside, closes on Escape, and gives the focus back.

import type { Preview, Scope } from "../../messages/messages.ts";
import { ask } from "./browser.ts";
import { element } from "./dom.ts";
import { bytes } from "./format.ts";
import { counted, text } from "./strings.ts";

/** What is to be confirmed. */
export interface Loss {
  heading: string;
  /** Further lines under the numbers. */
  lines?: string[];
  /** The words on the button that does it. */
  action: string;
  /** A word to be typed first, for what cannot be made good at all. */
  word?: string;
}

/** Titles in one dialog. */
const TITLES = 5;

/** What forgetting all of these would remove. */
export async function previewOf(scopes: readonly Scope[]): Promise<Preview> {
  const all = await Promise.all(scopes.map((scope) => ask({ type: "preview", ...scope })));
  const sum = (of: (preview: Preview) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    pages: sum(({ pages }) => pages),
    pinned: sum(({ pinned }) => pinned),
    bytes: sum((preview) => preview.bytes),
    pinnedBytes: sum(({ pinnedBytes }) => pinnedBytes),
    titles: all.flatMap((preview) => preview.titles).slice(0, TITLES),
  };
}

/** Shows what goes and asks; `null`: there are no numbers. Escape keeps it. */
export function confirmLoss(preview: Preview | null, loss: Loss): Promise<boolean> {
  const lines: string[] = [];
  if (preview) {
    lines.push(text("previewGoes", counted("pages", preview.pages), bytes(preview.bytes)));
    if (preview.pinned > 0) lines.push(counted("previewPinned", preview.pinned));
  }
  lines.push(...(loss.lines ?? []));
  const rest = preview ? preview.pages - preview.titles.length : 0;
  const titles = (preview?.titles ?? []).map((title) => element("li", {}, element("bdi", {}, title)));
  if (titles.length > 0 && rest > 0) titles.push(element("li", {}, counted("previewMore", rest)));

  const wanted = loss.word;
  const word = element("input", {
    id: "confirm-word",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  const label = element("label", { for: "confirm-word" }, text("confirmType", wanted ?? ""));
  const no = element("button", { id: "confirm-no", type: "submit", value: "no" }, text("cancel"));
  const yes = element(
    "button",
    { id: "confirm-yes", class: "danger", type: "submit", value: "yes" },
    loss.action,
  );
  const dialog = element(
    "dialog",
    { id: "confirm", "aria-labelledby": "confirm-heading", "aria-describedby": "confirm-what" },
    element(
      "form",
      { method: "dialog" },
      element("h2", { id: "confirm-heading", dir: "auto" }, loss.heading),
      element("div", { id: "confirm-what" }, ...lines.map((line) => element("p", {}, line))),
      ...(titles.length > 0 ? [element("ul", { id: "confirm-titles" }, ...titles)] : []),
      ...(wanted === undefined ? [] : [element("div", { class: "field" }, label, word)]),
      element("div", { class: "line end" }, no, yes),
    ),
  );
  const check = (): void => {
    yes.disabled = wanted !== undefined && word.value.trim().toLowerCase() !== wanted.toLowerCase();
  };
  word.addEventListener("input", check);
  check();
  // Enter in the field presses the form's first button, which is "cancel": it must be the second, once it may.
  word.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!yes.disabled) dialog.close("yes");
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** Asks before these are forgotten; at once if nothing is there to be forgotten. */
export async function mayGo(scopes: readonly Scope[], loss: Loss): Promise<boolean> {
  const preview = await previewOf(scopes);
  return preview.pages === 0 || (await confirmLoss(preview, loss));
}

/** The same for one thing that cannot be taken back. */
export function mayGoForGood(scope: Scope, heading: string): Promise<boolean> {
  return mayGo([scope], { heading, lines: [text("previewForGood")], action: text("previewForget") });
}
