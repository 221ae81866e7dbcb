// The keyword in the address bar: pages by their words while one types; Enter on one opens it, Enter on the question
// asks it in the popup, where its meaning counts, too.

import type { Results } from "../../messages/messages.ts";
import * as browser from "./browser.ts";

/** What the address bar has room for. */
const SUGGESTIONS = 6;

/** `words` answers a question by its words. */
export function bindOmnibox(words: (query: string, limit: number) => Promise<Results | null>): void {
  browser.onInstalled(() => void browser.setDefaultSuggestion(browser.message("omniboxDefault")));
  browser.onOmnibox(
    async (typed) => {
      const found = typed.trim() === "" ? null : await words(typed, SUGGESTIONS);
      return (found?.hits ?? []).map(({ url, site, title }) => ({ content: url, site, title }));
    },
    async (chosen, place) => {
      if (isAddress(chosen)) await browser.openAt(chosen, place);
      else await browser.openPopupWith({ type: "search", query: chosen.trim() }, undefined);
    },
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
