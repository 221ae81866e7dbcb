// The ways in that are not the popup itself: context menus and keyboard commands. A question only leaves an intent and
// opens the popup, which asks it.

import * as browser from "./browser.ts";

const SIMILAR = "find-similar";
const SIMILAR_LINK = "find-similar-link";
const SEARCH_SELECTION = "search-selection";
const PAUSE = "pause";
const PANEL = "open-panel";

/** `togglePause` pauses reading, or goes on. */
export function bindDoors(togglePause: () => Promise<void>): void {
  // Menus outlive the worker but not an update of the extension.
  browser.onInstalled(() => {
    void browser.setMenus([
      { id: SIMILAR, title: browser.message("menuSimilar"), contexts: ["page"] },
      { id: SIMILAR_LINK, title: browser.message("menuSimilarLink"), contexts: ["link"] },
      { id: SEARCH_SELECTION, title: browser.message("menuSearch"), contexts: ["selection"] },
    ]);
  });
  const open = async (door: browser.Door): Promise<void> => {
    const { id, selection, link, tab } = door;
    if (id === PANEL && tab !== undefined) {
      await browser.openPanel(tab.windowId);
    } else if (id === PAUSE) {
      await togglePause();
    } else if (id === SEARCH_SELECTION && selection.trim() !== "") {
      await browser.openPopupWith({ type: "search", query: selection.trim() }, tab?.windowId);
    } else if (id === SIMILAR_LINK && link !== "") {
      await browser.openPopupWith({ type: "similar", url: link, title: link }, tab?.windowId);
    } else if (id === SIMILAR && tab !== undefined) {
      await browser.openPopupWith({ type: "similar", url: tab.url, title: tab.title }, tab.windowId);
    }
  };
  browser.onMenu(open);
  browser.onCommand(open);
}
