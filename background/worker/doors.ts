// The ways in that are not the popup itself: context menus and keyboard commands. Each only leaves an
// intent and opens the popup, which asks the question.

import * as browser from "./browser.ts";

const SIMILAR = "find-similar";
const SEARCH_SELECTION = "search-selection";

export function bindDoors(): void {
  // Menus outlive the worker but not an update of the extension.
  browser.onInstalled(() => {
    void browser.setMenus([
      { id: SIMILAR, title: browser.message("menuSimilar"), contexts: ["page"] },
      { id: SEARCH_SELECTION, title: browser.message("menuSearch"), contexts: ["selection"] },
    ]);
  });
  browser.onMenu(open);
  browser.onCommand(open);
}

async function open({ id, selection, tab }: browser.Door): Promise<void> {
  if (id === SEARCH_SELECTION && selection.trim() !== "") {
    await browser.openPopupWith({ type: "search", query: selection.trim() }, tab?.windowId);
  } else if (id === SIMILAR && tab !== undefined) {
    await browser.openPopupWith({ type: "similar", url: tab.url, title: tab.title }, tab.windowId);
  }
}
