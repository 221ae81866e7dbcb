// Asks before something is forgotten that cannot be taken back, and shows what would go.

import type { Preview } from "../../messages/messages.ts";
import { element } from "./dom.ts";
import { bytes } from "./format.ts";
import { counted, text } from "./strings.ts";

/** Shows what would go; resolves with whether it shall. Escape, and leaving the dialog, keep it. */
export function confirmForgetting(heading: string, preview: Preview): Promise<boolean> {
  const lines = [text("previewLine", counted("pages", preview.pages), bytes(preview.bytes))];
  if (preview.pinned > 0) lines.push(counted("previewPinned", preview.pinned));
  const more = preview.pages - preview.titles.length;
  const titles = preview.titles.map((title) => element("li", { dir: "auto" }, title));
  if (preview.titles.length > 0 && more > 0) titles.push(element("li", {}, counted("previewMore", more)));
  const keep = element("button", { type: "submit", value: "", autofocus: true }, text("previewKeep"));
  const go = element("button", { type: "submit", value: "yes", class: "danger" }, text("previewForget"));
  const dialog = element(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-heading" },
    element(
      "form",
      { method: "dialog" },
      element("h2", { id: "confirm-heading", dir: "auto" }, heading),
      ...lines.map((line) => element("p", {}, line)),
      element("ul", {}, ...titles),
      element("div", { class: "buttons" }, keep, go),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}
