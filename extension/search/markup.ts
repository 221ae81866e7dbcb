// The search box with what belongs to it, made once for the popup and once for the panel.

import { element } from "../shared/dom.ts";
import { text } from "../shared/strings.ts";

/** Longer questions are cut: more than anybody types, less than any model takes. */
const QUESTION_LIMIT = 500;

/** Puts the parts of a search into a page; their ids are the handles that view.ts lists. */
export function searchMarkup(): HTMLElement[] {
  const query = element("input", {
    id: "query",
    type: "search",
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": "results",
    "aria-expanded": "false",
    "aria-label": text("searchLabel"),
    placeholder: text("searchPlaceholder"),
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: QUESTION_LIMIT,
  });
  const mark = element("img", { class: "mark", src: "../icons/mark.svg", alt: "", width: 24, height: 24 });
  return [
    element("div", { class: "bar" }, mark, query),
    element("div", { id: "chips", class: "chips", role: "group", "aria-label": text("filtersLabel") }),
    element(
      "div",
      { id: "context", hidden: true },
      element("button", { id: "back-button", class: "quiet", type: "button" }, text("back")),
      element("h2", { id: "context-title", dir: "auto" }),
      element(
        "label",
        { class: "check" },
        element("input", { id: "other-sites", type: "checkbox" }),
        element("span", {}, text("otherSites")),
      ),
    ),
    element("p", { id: "problem", class: "problem", hidden: true }),
    // Arrow keys in the box go through it: as a stop of Tab, which what scrolls becomes by itself, it would do nothing.
    element("div", { id: "results", role: "listbox", "aria-label": text("resultsLabel"), tabindex: -1 }),
    element("div", { id: "message", class: "message", hidden: true }),
    element("p", { id: "announcement", class: "unseen", role: "status" }),
  ];
}
