// What can be typed besides words, on request (index/src/language is who understands it).

import { element } from "../shared/dom.ts";
import { type MessageKey, text } from "../shared/strings.ts";

/** Examples, as typed, and what each asks. The operators are the same in every language. */
const EXAMPLES: [typed: string, asks: MessageKey][] = [
  ['"lost luggage"', "helpPhrase"],
  ["-flight", "helpWithout"],
  ["site:example.org", "helpSite"],
  ["after:yesterday", "helpAfter"],
  ["before:2024-05", "helpBefore"],
  ["in:title", "helpInTitle"],
];

/** A closed box that opens to the list. */
export function searchTips(): HTMLDetailsElement {
  const list = element(
    "dl",
    { class: "keys" },
    ...EXAMPLES.flatMap(([typed, asks]) => [
      element("dt", {}, element("code", { dir: "ltr" }, typed)),
      element("dd", {}, text(asks)),
    ]),
  );
  return element("details", { class: "tips" }, element("summary", {}, text("helpHeading")), list);
}
