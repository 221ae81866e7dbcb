// What stands in place of results: first steps, nothing found, something broken.

import type { State } from "../../messages/messages.ts";
import { AskError, openWelcome } from "../shared/browser.ts";
import { element } from "../shared/dom.ts";
import { wordsOf } from "../shared/problem.ts";
import { counted, type MessageKey, text } from "../shared/strings.ts";
import { searchTips } from "./help.ts";

/** A message: a heading, lines under it, at most one button. `kind` is there for styles and tests. */
export interface Message {
  kind: "consent" | "empty" | "searching" | "none" | "unknownPage" | "error";
  heading: string;
  lines: (Node | string)[];
  button?: { id: string; label: MessageKey; press: () => void };
}

const KEYS: [keys: string, does: MessageKey][] = [
  ["↑ ↓", "keyMove"],
  ["Enter", "keyOpen"],
  [navigator.platform.startsWith("Mac") ? "⌘ Enter" : "Ctrl Enter", "keyBehind"],
  ["Shift Delete", "keyForget"],
  ["Alt P", "keyPin"],
];

/** Before a question: what to do, or that the welcome page still waits for an answer. */
export function firstSteps(state: State | null): Message {
  if (state && !state.settings.consent) {
    return {
      kind: "consent",
      heading: text("consentHeading"),
      lines: [text("consentLine")],
      button: {
        id: "welcome-button",
        label: "consentButton",
        press: () => void openWelcome().then(() => window.close()),
      },
    };
  }
  const legend = element(
    "dl",
    { class: "keys" },
    ...KEYS.flatMap(([key, does]) => [
      element("dt", {}, element("kbd", {}, key)),
      element("dd", {}, text(does)),
    ]),
  );
  const count = state && (state.pages > 0 ? counted("remembered", state.pages) : text("nothingYet"));
  return {
    kind: "empty",
    heading: text("emptyHeading"),
    lines: [...(count ? [count] : []), legend, searchTips()],
  };
}

/** No page has it. */
export function nothingFound(query: string, state: State | null): Message {
  const lines: (Node | string)[] = [text("noneLine")];
  if (state && state.unembedded > 0) lines.push(counted("noneUnembedded", state.unembedded));
  lines.push(searchTips());
  const heading = query === "" ? text("noneFiltered") : text("noneHeading", query);
  return { kind: "none", heading, lines };
}

/** Something broke; the failure's own words say what to do. */
export function failed(error: unknown, retry: () => void): Message {
  const code = error instanceof AskError ? error.code : "INTERNAL";
  return {
    kind: "error",
    heading: text("errorHeading"),
    lines: [code === "UNREACHABLE" ? text("errorUnreachable") : wordsOf(error), element("code", {}, code)],
    button: { id: "retry-button", label: "retry", press: retry },
  };
}

/** Shows a message in its place, or nothing. */
export function showMessage(place: HTMLElement, message: Message | null): void {
  place.hidden = !message;
  place.dataset.kind = message?.kind ?? "";
  if (!message) {
    place.replaceChildren();
    return;
  }
  const { button } = message;
  const parts: Node[] = [element("h2", {}, message.heading)];
  for (const line of message.lines) parts.push(typeof line === "string" ? element("p", {}, line) : line);
  if (button) {
    const pressed = element(
      "button",
      { id: button.id, class: "primary", type: "button" },
      text(button.label),
    );
    pressed.addEventListener("click", button.press);
    parts.push(pressed);
  }
  place.replaceChildren(...parts);
}
