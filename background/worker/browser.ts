// The worker's only contact with the browser's extension API.

import { INTENT_KEY, type Intent } from "../../messages/messages.ts";

/** Who sent a message, as far as it concerns us. */
export interface MessageSource {
  /** One of the extension's own pages. */
  readonly extensionPage: boolean;
  /** The frame's address. */
  readonly url: string;
  readonly topFrame: boolean;
  readonly private: boolean;
}

export type MessageHandler = (message: unknown, source: MessageSource) => Promise<unknown>;

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

export function onHistoryRemoved(run: (all: boolean, urls: string[]) => Promise<void>): void {
  chrome.history.onVisitRemoved.addListener(async ({ allHistory, urls }) => run(allHistory, urls ?? []));
}

/** What was clicked, or which key was pressed, and in which tab. */
export interface Door {
  readonly id: string;
  readonly selection: string;
  readonly tab: { readonly url: string; readonly title: string; readonly windowId: number } | undefined;
}

function tabOf(tab: chrome.tabs.Tab | undefined): Door["tab"] {
  return tab?.url === undefined
    ? undefined
    : { url: tab.url, title: tab.title ?? "", windowId: tab.windowId };
}

export function onMenu(run: (door: Door) => Promise<void>): void {
  chrome.contextMenus.onClicked.addListener(async (info, tab) => {
    await run({ id: String(info.menuItemId), selection: info.selectionText ?? "", tab: tabOf(tab) });
  });
}

export function onCommand(run: (door: Door) => Promise<void>): void {
  chrome.commands.onCommand.addListener(async (id, tab) => {
    await run({ id, selection: "", tab: tabOf(tab ?? (await activeTab())) });
  });
}

async function activeTab(): Promise<chrome.tabs.Tab | undefined> {
  return (await chrome.tabs.query({ active: true, lastFocusedWindow: true }))[0];
}

export interface Menu {
  readonly id: string;
  readonly title: string;
  readonly contexts: ["page"] | ["selection"];
}

/** Replaces all context menus. */
export async function setMenus(menus: readonly Menu[]): Promise<void> {
  await chrome.contextMenus.removeAll();
  for (const menu of menus) {
    chrome.contextMenus.create({
      id: menu.id,
      title: menu.title,
      contexts: menu.contexts,
      documentUrlPatterns: ["http://*/*", "https://*/*"],
    });
  }
}

export function message(key: string): string {
  return chrome.i18n.getMessage(key);
}

/** Leaves the intent for the popup and opens it; in a tab where the browser will not show a popup. */
export async function openPopupWith(intent: Intent, windowId: number | undefined): Promise<void> {
  await chrome.storage.session.set({ [INTENT_KEY]: intent });
  try {
    await chrome.action.openPopup(windowId === undefined ? undefined : { windowId });
  } catch {
    await chrome.tabs.create({ url: chrome.runtime.getURL("popup/popup.html") });
  }
}

export async function openWelcome(): Promise<void> {
  await chrome.tabs.create({ url: chrome.runtime.getURL("welcome/welcome.html") });
}

/** Runs the content script in the tabs that were open before the extension was. */
export async function readOpenTabs(): Promise<void> {
  const tabs = await chrome.tabs.query({ url: ["http://*/*", "https://*/*"] });
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

export async function setBadge(text: string): Promise<void> {
  await chrome.action.setBadgeText({ text });
}

export function assetUrl(path: string): string {
  return chrome.runtime.getURL(path);
}

export function version(): string {
  return chrome.runtime.getManifest().version;
}
