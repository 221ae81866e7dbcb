// The popup, opened as a page: the same document and script, without the browser's frame around it.

import type { KeyInput, Page } from "puppeteer-core";
import type { Session } from "./session.ts";
import { PATIENCE } from "./until.ts";

/** A row as the popup shows it. */
export interface PopupRow {
  page: string;
  url: string;
  title: string;
  why: string;
  score: number;
  snippet: string;
  marks: string[];
}

/** The size at which the browser shows the popup. */
const VIEWPORT = { width: 480, height: 600 };

/** Opens it in a window of its own. */
export async function openPopup(session: Session, over?: string): Promise<Page> {
  return openSurface(session, "popup/popup.html", over);
}

/** From now on keeps the popup's questions by meaning from the background, until the function given back is called. */
export async function holdMeaning(popup: Page): Promise<() => Promise<void>> {
  await popup.evaluate(() => {
    const send = chrome.runtime.sendMessage.bind(chrome.runtime) as (message: unknown) => Promise<unknown>;
    const letIn = new Promise<void>((resolve) => {
      (globalThis as { letIn?: () => void }).letIn = resolve;
    });
    const sendLater = async (message: { request: { mode?: string } }) => {
      if (message.request.mode === "hybrid") await letIn;
      return send(message);
    };
    Object.defineProperty(chrome.runtime, "sendMessage", { value: sendLater });
  });
  return () => popup.evaluate(() => (globalThis as { letIn?: () => void }).letIn?.());
}

/**
 * Opens one of the extension's pages in a window of its own. `over` is the address of an open tab that it takes for
 * the one in front, as if it lay over it or beside it.
 */
export async function openSurface(session: Session, file: string, over?: string): Promise<Page> {
  const page = await session.chromium.browser.newPage({ type: "window" });
  await page.setViewport(VIEWPORT);
  if (over !== undefined)
    await page.evaluateOnNewDocument((url) => {
      const here = globalThis as { front?: string };
      here.front = url;
      const query = chrome.tabs.query.bind(chrome.tabs);
      chrome.tabs.query = async (asked: chrome.tabs.QueryInfo) =>
        query(asked.currentWindow ? { url: here.front } : asked);
    }, over);
  await page.goto(session.extension.url(file));
  return page;
}

/** Waits until the popup shows its last word on a question; `similar` and `words` likewise. */
export async function waitForRows(
  popup: Page,
  query: string,
  mode: "words" | "hybrid" | "similar" = "hybrid",
): Promise<PopupRow[]> {
  await popup.waitForFunction(
    (typed, how) => {
      const list = document.querySelector<HTMLElement>("#results");
      return (
        list?.dataset.query === typed &&
        list.dataset.mode === how &&
        list.getAttribute("aria-busy") === "false"
      );
    },
    // Not on animation frames: without a display the browser's own popup draws none.
    { timeout: 30_000 * PATIENCE, polling: 50 },
    query,
    mode,
  );
  return rows(popup);
}

/** The rows on the screen. */
export function rows(popup: Page): Promise<PopupRow[]> {
  return popup.$$eval("[role=option][data-page]", (options) =>
    options.map((option) => {
      const { page = "", url = "", why = "", score = "" } = (option as HTMLElement).dataset;
      const said = (selector: string) => option.querySelector(selector)?.textContent?.trim() ?? "";
      const marks = [...option.querySelectorAll(".row-snippet mark")].map((mark) => mark.textContent ?? "");
      return {
        page,
        url,
        why,
        score: Number(score),
        title: said(".row-title"),
        snippet: said(".row-snippet"),
        marks,
      };
    }),
  );
}

/** Presses a key that may close the popup: it can be gone before the key is up again. */
export async function pressAndClose(popup: Page, key: KeyInput): Promise<void> {
  await popup.keyboard.down(key);
  await popup.keyboard.up(key).catch(() => {});
}
