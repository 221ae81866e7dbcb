// The worker's only contact with the browser's extension API.

import { type BackfillEntry, INTENT_KEY, type Intent } from "../../messages/messages.ts";
import { escapeXml } from "./xml.ts";

/** Who sent a message, as far as it concerns us. */
export interface MessageSource {
  /** One of the extension's own pages. */
  readonly extensionPage: boolean;
  /** The frame's address. */
  readonly url: string;
  readonly topFrame: boolean;
  readonly private: boolean;
  /** The tab that it is in. */
  readonly tab: number | undefined;
}

export type MessageHandler = (message: unknown, source: MessageSource) => Promise<unknown>;

const WEB = ["http://*/*", "https://*/*"];
const EXTENSION_ORIGIN = chrome.runtime.getURL("");

/** Registers the one message listener. The handler's promise keeps the worker alive until it settles. */
export function onMessage(handle: MessageHandler): void {
  chrome.runtime.onMessage.addListener((message: unknown, sender, answer) => {
    if (sender.id !== chrome.runtime.id) return false;
    const url = sender.url ?? "";
    const source = {
      extensionPage: url.startsWith(EXTENSION_ORIGIN),
      url,
      topFrame: sender.frameId === 0,
      private: sender.tab?.incognito === true,
      tab: sender.tab?.id,
    };
    handle(message, source).then(answer, () => answer(undefined));
    return true;
  });
}

/** The extension is new or was updated. After an update of the browser every tab is loaded anyway. */
export function onInstalled(run: (firstTime: boolean) => void): void {
  chrome.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === "install" || reason === "update") run(reason === "install");
  });
}

/** Pages may be read that might not before: a person gave access to more sites. */
export function onAccessGiven(run: () => void): void {
  chrome.permissions.onAdded.addListener(({ origins }) => {
    if (origins !== undefined && origins.length > 0) run();
  });
}

export function onBrowserStart(run: () => void): void {
  chrome.runtime.onStartup.addListener(run);
}

export function onAlarm(name: string, run: () => Promise<void>): void {
  chrome.alarms.onAlarm.addListener(async (alarm) => {
    if (alarm.name === name) await run();
  });
}

export async function setAlarm(name: string, periodInMinutes: number): Promise<void> {
  if ((await chrome.alarms.get(name)) === undefined) await chrome.alarms.create(name, { periodInMinutes });
}

export async function clearAlarm(name: string): Promise<void> {
  await chrome.alarms.clear(name);
}

/** A visit was noted in the history. */
export function onVisited(run: (url: string) => Promise<void>): void {
  chrome.history.onVisited.addListener(async ({ url }) => {
    if (url !== undefined) await run(url);
  });
}

export function onHistoryRemoved(run: (all: boolean, urls: string[]) => Promise<void>): void {
  chrome.history.onVisitRemoved.addListener(async ({ allHistory, urls }) => run(allHistory, urls ?? []));
}

/** Addresses visited before a time (ms since the epoch), the newest first. */
export async function readHistory(before: number, limit: number): Promise<BackfillEntry[]> {
  // Without a beginning it would be yesterday.
  const query = { text: "", startTime: 0, endTime: before, maxResults: limit };
  return (await chrome.history.search(query)).map(({ id, url, title, lastVisitTime, visitCount }) => ({
    id,
    url: url ?? "",
    title: title ?? "",
    seenAt: lastVisitTime ?? 0,
    visits: visitCount ?? 0,
  }));
}

/** Bookmarks in the order of their identifiers, after one of them; none where the permission is missing. */
export async function readBookmarks(after: string | null, limit: number): Promise<BackfillEntry[]> {
  const api: typeof chrome.bookmarks | undefined = chrome.bookmarks;
  const found: BackfillEntry[] = [];
  const folders = (await api?.getTree()) ?? [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const node of folder.children ?? []) {
      if (node.children !== undefined) folders.push(node);
      const { id, url, title, dateAdded } = node;
      if (url !== undefined && (after === null || id > after))
        found.push({ id, url, title, seenAt: dateAdded ?? 0, visits: 1 });
    }
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
}

/** What was clicked, or which key was pressed, and in which tab. */
export interface Door {
  readonly id: string;
  readonly selection: string;
  /** The address that a clicked link leads to. */
  readonly link: string;
  readonly tab: { readonly url: string; readonly title: string; readonly windowId: number } | undefined;
}

function tabOf(tab: chrome.tabs.Tab | undefined): Door["tab"] {
  return tab?.url === undefined
    ? undefined
    : { url: tab.url, title: tab.title ?? "", windowId: tab.windowId };
}

export function onMenu(run: (door: Door) => Promise<void>): void {
  chrome.contextMenus.onClicked.addListener(async (info, tab) => {
    await run({
      id: String(info.menuItemId),
      selection: info.selectionText ?? "",
      link: info.linkUrl ?? "",
      tab: tabOf(tab),
    });
  });
}

export function onCommand(run: (door: Door) => Promise<void>): void {
  chrome.commands.onCommand.addListener(async (id, tab) => {
    await run({ id, selection: "", link: "", tab: tabOf(tab ?? (await activeTab())) });
  });
}

async function activeTab(): Promise<chrome.tabs.Tab | undefined> {
  return (await chrome.tabs.query({ active: true, lastFocusedWindow: true }))[0];
}

export interface Menu {
  readonly id: string;
  readonly title: string;
  readonly contexts: ["page"] | ["selection"] | ["link"];
}

/** Replaces all context menus. */
export async function setMenus(menus: readonly Menu[]): Promise<void> {
  await chrome.contextMenus.removeAll();
  for (const menu of menus) {
    chrome.contextMenus.create({
      id: menu.id,
      title: menu.title,
      contexts: menu.contexts,
      documentUrlPatterns: WEB,
      // What is behind no web address is never stored.
      ...(menu.contexts[0] === "link" ? { targetUrlPatterns: WEB } : {}),
    });
  }
}

export function message(key: string, ...substitutions: string[]): string {
  return chrome.i18n.getMessage(key, substitutions);
}

/** Leaves the intent for the popup and opens it; the panel's page in a tab where there can be no popup. */
export async function openPopupWith(intent: Intent, windowId: number | undefined): Promise<void> {
  await chrome.storage.session.set({ [INTENT_KEY]: intent });
  try {
    await chrome.action.openPopup(windowId === undefined ? undefined : { windowId });
  } catch {
    await chrome.tabs.create({ url: chrome.runtime.getURL("panel/panel.html") });
  }
}

/** Takes back what no popup came for: it names a page, or has what was asked. */
export async function forgetIntent(): Promise<void> {
  await chrome.storage.session.remove(INTENT_KEY);
}

/** Opens the panel beside the page. To be called at once in the event of a click or a key: browsers demand that. */
export async function openPanel(windowId: number): Promise<void> {
  if (typeof chrome.sidePanel?.open === "function") await chrome.sidePanel.open({ windowId });
  else await (chrome as { sidebarAction?: { open(): Promise<void> } }).sidebarAction?.open();
}

/** What the address bar shows under the keyword. */
export interface Suggestion {
  /** What is entered when it is chosen: an address. */
  readonly content: string;
  /** The site and the title. */
  readonly site: string;
  readonly title: string;
}

/** Where what was chosen is to open. */
export type Place = "current" | "foreground" | "background";
const PLACES: Record<string, Place> = {
  currentTab: "current",
  newForegroundTab: "foreground",
  newBackgroundTab: "background",
};

/** The keyword in the address bar: `suggest` while one types, `enter` what was chosen. */
export function onOmnibox(
  suggest: (typed: string) => Promise<Suggestion[]>,
  enter: (chosen: string, place: Place) => Promise<void>,
): void {
  // Firefox shows descriptions as they are, Chrome wants XML.
  const plain = navigator.userAgent.includes("Firefox/");
  chrome.omnibox.onInputChanged.addListener(async (typed, show) => {
    const found = await suggest(typed);
    show(
      found.map(({ content, site, title }) => ({
        content,
        description: plain
          ? `${title} · ${site}`
          : `${escapeXml(title)} <dim>·</dim> <url>${escapeXml(site)}</url>`,
      })),
    );
  });
  chrome.omnibox.onInputEntered.addListener(async (chosen, where) => {
    await enter(chosen, PLACES[where] ?? "current");
  });
}

/** The first line under the keyword: what Enter does when nothing is chosen. */
export async function setDefaultSuggestion(text: string): Promise<void> {
  await chrome.omnibox.setDefaultSuggestion({ description: escapeXml(text) });
}

export async function openAt(url: string, place: Place): Promise<void> {
  if (place === "current") await chrome.tabs.update({ url });
  else await chrome.tabs.create({ url, active: place === "foreground" });
}

export async function openWelcome(): Promise<void> {
  await chrome.tabs.create({ url: chrome.runtime.getURL("welcome/welcome.html") });
}

/** Runs the content script in the tabs that were open before the extension was, or before it might read them. */
export async function readOpenTabs(): Promise<void> {
  const tabs = await chrome.tabs.query({ url: WEB });
  await Promise.allSettled(
    tabs.flatMap(({ id, incognito, discarded }) =>
      id === undefined || incognito || discarded
        ? []
        : [chrome.scripting.executeScript({ target: { tabId: id }, files: ["content.js"] })],
    ),
  );
}

/** Any call of the extension's API tells the browser that the worker is still at work. */
export async function heartbeat(): Promise<void> {
  await chrome.runtime.getPlatformInfo();
}

/** A mark on the toolbar button. */
export interface ButtonState {
  /** At most four characters; empty for none. */
  readonly text: string;
  readonly color: string;
  /** What is shown when one points at the button; null for the manifest's. */
  readonly title: string | null;
  /** Pages are read: the icon is in colour. */
  readonly reads: boolean;
}

/** By the sizes that toolbars have. */
function iconOf(reads: boolean): Record<string, string> {
  const name = reads ? "" : "off-";
  return Object.fromEntries(["16", "32"].map((size) => [size, `/icons/${name}${size}.png`]));
}

/** Marks the button, everywhere or in one tab, where it holds until the tab shows another page. */
export async function markButton(state: ButtonState, tabId?: number): Promise<void> {
  const where = tabId === undefined ? {} : { tabId };
  const title = state.title ?? message("actionTitle");
  await Promise.all([
    chrome.action.setBadgeText({ ...where, text: state.text }),
    chrome.action.setTitle({ ...where, title }),
    chrome.action.setIcon({ ...where, path: iconOf(state.reads) }),
    ...(state.text === ""
      ? []
      : [
          chrome.action.setBadgeBackgroundColor({ ...where, color: state.color }),
          chrome.action.setBadgeTextColor({ ...where, color: "#ffffff" }),
        ]),
  ]);
}

/** Takes a mark off the tabs that have it as their own, of these or of all. */
export async function unmarkTabs(mark: string, tabIds?: readonly number[]): Promise<void> {
  const ids = tabIds ?? (await chrome.tabs.query({})).flatMap(({ id }) => (id === undefined ? [] : [id]));
  await Promise.allSettled(
    ids.map(async (tabId) => {
      if ((await chrome.action.getBadgeText({ tabId })) !== mark) return;
      // Without a text the tab shows again what holds everywhere.
      await chrome.action.setBadgeText({ tabId });
      await chrome.action.setTitle({ tabId, title: message("actionTitle") });
      // A tab cannot go back to the icon that holds everywhere before it shows another page.
      await chrome.action.setIcon({ tabId, path: iconOf(true) });
    }),
  );
}

export function assetUrl(path: string): string {
  return chrome.runtime.getURL(path);
}

export function version(): string {
  return chrome.runtime.getManifest().version;
}
