// Nothing is forgotten from this page before its reader saw what goes: how many pages, how much, some titles.
//
// The dialog is the browser's own: it keeps the focus inside, closes on Escape, and gives the focus back.

import type { Preview, Scope } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { byId, element } from "../shared/dom.ts";
import { bytes } from "../shared/format.ts";
import { counted, text } from "../shared/strings.ts";

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

const dialog = byId("confirm", HTMLDialogElement);
const heading = byId("confirm-heading", HTMLHeadingElement);
const what = byId("confirm-what", HTMLDivElement);
const titles = byId("confirm-titles", HTMLUListElement);
const typed = byId("confirm-typed", HTMLDivElement);
const word = byId("confirm-word", HTMLInputElement);
const yes = byId("confirm-yes", HTMLButtonElement);

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
    titles: all.flatMap((preview) => preview.titles).slice(0, TITLES),
  };
}

/** Shows what goes and asks; `null`: there are no numbers. */
export function confirmLoss(preview: Preview | null, loss: Loss): Promise<boolean> {
  heading.textContent = loss.heading;
  const lines = [...(loss.lines ?? [])];
  if (preview) {
    lines.unshift(text("previewGoes", counted("pages", preview.pages), bytes(preview.bytes)));
    if (preview.pinned > 0) lines.push(counted("previewPinned", preview.pinned));
  }
  what.replaceChildren(...lines.map((line) => element("p", {}, line)));
  const rest = preview ? preview.pages - preview.titles.length : 0;
  const shown = (preview?.titles ?? []).map((title) => element("li", {}, element("bdi", {}, title)));
  if (shown.length > 0 && rest > 0) shown.push(element("li", {}, counted("previewMore", rest)));
  titles.replaceChildren(...shown);
  titles.hidden = shown.length === 0;

  const wanted = loss.word;
  typed.hidden = wanted === undefined;
  word.value = "";
  const label = typed.querySelector("label");
  if (label && wanted !== undefined) label.textContent = text("confirmType", wanted);
  const check = (): void => {
    yes.disabled = wanted !== undefined && word.value.trim().toLowerCase() !== wanted.toLowerCase();
  };
  word.oninput = check;
  check();
  yes.textContent = loss.action;

  dialog.returnValue = "no";
  dialog.showModal();
  // Enter in the field presses the form's first button, which is "cancel": it must be the second, once it may.
  word.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (!yes.disabled) dialog.close("yes");
  };
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Asks before these are forgotten; at once if nothing is there to be forgotten. */
export async function mayGo(scopes: readonly Scope[], loss: Loss): Promise<boolean> {
  const preview = await previewOf(scopes);
  return preview.pages === 0 || (await confirmLoss(preview, loss));
}
