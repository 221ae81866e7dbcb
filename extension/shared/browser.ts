// The one file in `extension/` that speaks to the browser's extension API; everything else asks here.
//
// `chrome` alone serves both browsers: in Manifest V3 Firefox offers it with promises too, so no
// polyfill and no second name is needed.

import {
  type Envelope,
  type ErrorCode,
  INTENT_KEY,
  type Intent,
  type Reply,
  type Request,
  type Response,
  VERSION,
} from "../../messages/messages.ts";
import { addressAt, type Passage } from "./passage.ts";
import { wordsOf } from "./problem.ts";
import type { MessageKey } from "./strings.ts";

/** Which response answers which request: the pairing that messages/src/request.rs documents. */
interface Answers {
  search: "results";
  similar: "results";
  preview: "preview";
  forget: "forgotten";
  undo: "restored";
  setSite: "forgotten";
  page: "page";
  remember: "wanted";
  pin: "page";
  pages: "pages";
  sites: "sites";
  sensitive: "sensitive";
  models: "models";
  model: "models";
  importModel: "models";
  backfill: "state";
  export: "exported";
  import: "imported";
  state: "state";
  configure: "state";
  diagnose: "diagnosis";
  compare: "compared";
}

/** What the background says is English; other languages say first what it means. */
const SAID: Record<ErrorCode, MessageKey> = {
  BAD_MESSAGE: "errorBadMessage",
  UNKNOWN_VERSION: "errorUnknownVersion",
  FORBIDDEN: "errorForbidden",
  STORE: "errorStore",
  CORRUPT: "errorCorrupt",
  EMBED: "errorEmbed",
  NOT_READY: "errorNotReady",
};

/** What the extension's own pages may ask; `offer` and `capture` belong to content scripts. */
type Askable = Extract<Request, { type: keyof Answers }>;
type AnswerTo<R extends Askable> = Extract<Response, { type: Answers[R["type"]] }>;

/** Why a question got no answer. `UNREACHABLE`: the background did not start or died twice in a row. */
export class AskError extends Error {
  readonly code: ErrorCode | "UNREACHABLE";

  constructor(code: ErrorCode | "UNREACHABLE", message: string) {
    super(message);
    this.name = "AskError";
    this.code = code;
  }
}

/**
 * Asks the background and gives its answer, or throws an {@link AskError}.
 *
 * The browser may end the background at any moment, even in the middle of a question; a question that
 * was cut off so is asked once more, which wakes it. All requests may be repeated safely.
 */
export async function ask<R extends Askable>(request: R): Promise<AnswerTo<R>> {
  const envelope: Envelope = { v: VERSION, request };
  let reply: unknown;
  try {
    reply = (await send(envelope)) ?? (await send(envelope));
  } catch (error) {
    throw new AskError("UNREACHABLE", wordsOf(error));
  }
  if (!isReply(reply)) throw new AskError("UNREACHABLE", translated("errorNoAnswer"));
  if ("error" in reply) {
    const { code, message } = reply.error;
    throw new AskError(code, translated(SAID[code] ?? code, [message]));
  }
  return reply.ok as AnswerTo<R>;
}

/** One attempt; `undefined` when the background was not there or went away before it answered. */
async function send(envelope: Envelope): Promise<unknown> {
  try {
    return await chrome.runtime.sendMessage(envelope);
  } catch (error) {
    // The wordings of Chrome and Firefox for "no listener yet" and "gone before the answer".
    if (/receiving end does not exist|(port|channel) (is )?closed|disconnected/i.test(String(error)))
      return undefined;
    throw error;
  }
}

function isReply(value: unknown): value is Reply {
  return typeof value === "object" && value !== null && ("ok" in value || "error" in value);
}

/** A text of `_locales`; the key itself where there is none, so that a gap is seen. Typed: strings.ts. */
export function translated(key: string, substitutions: string[] = []): string {
  return chrome.i18n.getMessage(key, substitutions) || key;
}

/**
 * The language of the texts, as a BCP 47 tag. The browser's own where it is the same, since that also knows the
 * country; it may be another one, of which there are no texts.
 */
export function language(): string {
  const browser = chrome.i18n.getUILanguage();
  const texts = chrome.i18n.getMessage("languageTag");
  return !texts || browser === texts || browser.startsWith(`${texts}-`) ? browser : texts;
}

/**
 * The direction in which the texts are written. The browser tells that of its own language; texts in another one, for
 * want of a translation, keep theirs, and no language that we have is written from the right.
 */
export function direction(): string {
  return language() === chrome.i18n.getUILanguage() ? translated("@@bidi_dir") : "ltr";
}

/** A tab whose page can be compared and searched for. */
export interface WebTab {
  id: number;
  url: string;
  title: string;
}

/** The tab that one looks at, if it shows a web page. */
export async function activeWebTab(): Promise<WebTab | null> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  const url = tab?.url ?? "";
  return tab?.id !== undefined && /^https?:/.test(url) ? { id: tab.id, url, title: tab.title || url } : null;
}

/** Calls back when another tab comes to the front of this window, or shows another page. */
export function onActiveTabChanged(run: () => void): void {
  chrome.tabs.onActivated.addListener(run);
  chrome.tabs.onUpdated.addListener((_, change, tab) => {
    if (tab.active && (change.url !== undefined || change.title !== undefined)) run();
  });
}

/** Reads a tab's page now instead of after some seconds; the background must have been asked to allow it. */
export async function readNow(tab: WebTab): Promise<void> {
  const target = { tabId: tab.id };
  await chrome.scripting.executeScript({
    target,
    // The content script's own world, which the page cannot see; content/main.ts looks for it.
    func: () => {
      (globalThis as { [now: symbol]: unknown })[Symbol.for("afterimage.now")] = true;
    },
  });
  await chrome.scripting.executeScript({ target, files: ["content.js"] });
}

/** Shows a page at a passage: in the tab that has it open, its window brought to the front, or in a new tab. */
export async function openOrSwitch(url: string, passage: Passage | null): Promise<void> {
  const tabs = await chrome.tabs.query({});
  const open =
    tabs.find((tab) => tab.url === url) ?? tabs.find((tab) => pageAddress(tab.url) === pageAddress(url));
  if (open?.id === undefined) {
    await chrome.tabs.create({ url: addressAt(url, passage) });
    return;
  }
  // A tab that is open does not follow a text fragment. It is shown even where scripts may not run.
  if (passage) await scrollTo(open.id, passage).catch(() => undefined);
  await chrome.tabs.update(open.id, { active: true });
  await chrome.windows.update(open.windowId, { focused: true });
}

async function scrollTo(tabId: number, passage: Passage): Promise<void> {
  await chrome.scripting.executeScript({
    target: { tabId },
    args: [passage.start, passage.end],
    // Runs in the page's tab and so can use nothing from here.
    func: (start: string, end: string | null) => {
      const page = window as Window & { find?: (text: string, ...flags: boolean[]) => boolean };
      const selection = page.getSelection();
      if (!selection || !page.find) return;
      selection.removeAllRanges();
      if (!page.find(start, false, false, true)) return;
      const range = selection.getRangeAt(0);
      if (end !== null && page.find(end, false, false, false)) {
        const last = selection.getRangeAt(0);
        range.setEnd(last.endContainer, last.endOffset);
        selection.removeAllRanges();
        selection.addRange(range);
      }
      range.startContainer.parentElement?.scrollIntoView({ block: "center" });
    },
  });
}

/** Opens a page at a passage in a new tab behind the current one. */
export async function openInBackground(url: string, passage: Passage | null): Promise<void> {
  await chrome.tabs.create({ url: addressAt(url, passage), active: false });
}

/** An address up to its fragment, except where the fragment is the page's route (`#/`, `#!`). */
function pageAddress(url: string | undefined): string | undefined {
  return url?.replace(/:~:.*$/, "").replace(/#(?![/!]).*$/, "");
}

/** Whether this browser has a panel beside the page that a button may open. */
export function hasSidePanel(): boolean {
  return typeof chrome.sidePanel?.open === "function" || sidebar() !== undefined;
}

/** Opens the panel beside the page. Only out of a click or a key: browsers demand that. */
export async function openSidePanel(): Promise<void> {
  if (typeof chrome.sidePanel?.open !== "function") {
    await sidebar()?.open();
    return;
  }
  const { id } = await chrome.windows.getCurrent();
  if (id !== undefined) await chrome.sidePanel.open({ windowId: id });
}

/** Firefox's name for it. */
function sidebar(): { open(): Promise<void> } | undefined {
  return (chrome as { sidebarAction?: { open(): Promise<void> } }).sidebarAction;
}

/** What the browser gives for a page without an icon: what it gives for an address that cannot exist. */
let noIcon: ReturnType<typeof cachedIcon> | undefined;

/** A page's icon from the browser's own cache; `null` where it has none, or offers none at all (Firefox). */
export async function faviconOf(pageUrl: string): Promise<Blob | null> {
  if (!chrome.runtime.getURL("").startsWith("chrome-extension:")) return null;
  noIcon ??= cachedIcon("http://none.invalid/");
  const [icon, none] = await Promise.all([cachedIcon(pageUrl), noIcon]);
  const same = icon.length === none.length && icon.every((byte, at) => byte === none[at]);
  return same ? null : new Blob([icon]);
}

async function cachedIcon(pageUrl: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = chrome.runtime.getURL(`/_favicon/?pageUrl=${encodeURIComponent(pageUrl)}&size=32`);
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

/** What the context menu or a keyboard command left for the popup to do: read once, then gone. */
export async function takeIntent(): Promise<Intent | null> {
  const stored: unknown = (await chrome.storage.session.get(INTENT_KEY))[INTENT_KEY];
  if (stored === undefined) return null;
  await chrome.storage.session.remove(INTENT_KEY);
  return isIntent(stored) ? stored : null;
}

function isIntent(value: unknown): value is Intent {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  if (value.type === "search") return "query" in value && typeof value.query === "string";
  if (value.type !== "similar" || !("url" in value) || !("title" in value)) return false;
  return typeof value.url === "string" && typeof value.title === "string";
}

/** The keyboard shortcut now set for a command of the manifest; `null` when there is none. */
export async function shortcut(
  command: "_execute_action" | "find-similar" | "pause",
): Promise<string | null> {
  const commands = await chrome.commands.getAll();
  return commands.find((candidate) => candidate.name === command)?.shortcut || null;
}

/** Asks the person for access to the bookmarks, where that was not given yet. Only from a click, at once. */
export async function requestBookmarks(): Promise<boolean> {
  return chrome.permissions.request({ permissions: ["bookmarks"] });
}

/** The sites whose pages the content script reads, as the manifest has them. */
function sites(): string[] {
  return chrome.runtime.getManifest().content_scripts?.flatMap(({ matches }) => matches ?? []) ?? [];
}

/** Whether the browser lets pages be read without being asked each time: all of them, or those of an address's site. */
export async function mayRead(url?: string): Promise<boolean> {
  if (url === undefined) return chrome.permissions.contains({ origins: sites() });
  const { protocol, hostname } = new URL(url);
  // Without the port: not every browser knows patterns with one.
  return chrome.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
}

/** Asks the person for access to all pages. Only from a click, at once. */
export async function requestAccess(): Promise<boolean> {
  return chrome.permissions.request({ origins: sites() });
}

/** Calls back when access was given or taken away, here or in the browser's own settings. */
export function onAccessChanged(run: () => void): void {
  chrome.permissions.onAdded.addListener(run);
  chrome.permissions.onRemoved.addListener(run);
}

/** The extension's version, as in the manifest. */
export function version(): string {
  return chrome.runtime.getManifest().version;
}

/** Opens the options page. */
export async function openOptions(): Promise<void> {
  await chrome.runtime.openOptionsPage();
}

/** Opens the welcome page in a new tab. */
export async function openWelcome(): Promise<void> {
  await chrome.tabs.create({ url: chrome.runtime.getURL("welcome/welcome.html") });
}
