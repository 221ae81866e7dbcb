// The background as a picture needs it: it answers at once, always the same, or never.
//
// A real background would make each picture different (times, sizes) and rare states hard to come by, so its answers
// are put into the surface's own page before its script runs. What the messages mean is checked by tests/e2e, with
// the real one; here it is about what a person sees. A request that has no answer here goes to the real one.

import type { Reply, Request, Response, Row } from "../../../messages/messages.ts";

/** The moment at which all pictures are taken. */
export const NOW = Date.UTC(2026, 2, 14, 15, 9);

type Name = Request["type"];
/** `null`: no answer ever comes. */
export type Answer = Response | { error: Extract<Reply, { error: unknown }>["error"] } | null;

/** What a surface meets. */
export interface World {
  /** Several: one after another. */
  answers: Partial<Record<Name, Answer | Answer[]>>;
  /** Answers to single questions, by what was typed; the general one holds for the others. */
  searches: Record<string, Answer>;
  /** All pages, for the timeline; `null`: its answers are in `answers`. */
  rows: Row[] | null;
  /** The tab in front. */
  front: { url: string; title: string } | null;
  /** Whether pages of all sites may be read. */
  access: boolean;
  /** Other texts than English ones, by key, and their language. */
  texts: { language: string; messages: Record<string, string> } | null;
  /** As in a browser whose language is written from right to left, if there were texts in it. */
  mirrored: boolean;
}

/** Runs in the page before anything else; so it can use nothing from here. */
export function enter(world: World, now: number): void {
  const RealDate = Date;
  class FixedDate extends RealDate {
    constructor(...parts: [] | [number | string | Date]) {
      if (parts.length === 0) super(now);
      // Date takes one to seven parts; here as there.
      else super(...(parts as [number]));
    }
    static override now(): number {
      return now;
    }
  }
  Object.defineProperty(globalThis, "Date", { value: FixedDate });

  const real = chrome.runtime.sendMessage.bind(chrome.runtime) as (message: unknown) => Promise<unknown>;
  const send = async (message: { request: Request }): Promise<unknown> => {
    const { request } = message;
    if (request.type === "pages" && world.rows !== null) {
      const { rows } = world;
      const seen = request.offset === 0 ? rows.map(({ lastSeen }) => lastSeen) : [];
      const part = rows.slice(request.offset, request.offset + request.limit);
      return { ok: { type: "pages", total: rows.length, seen, rows: part } };
    }
    const special = request.type === "search" ? world.searches[request.query] : undefined;
    const found = special === undefined ? world.answers[request.type] : special;
    const answer = Array.isArray(found) ? found.shift() : found;
    if (answer === undefined) return steady(await real(message));
    if (answer === null) return new Promise(() => {});
    if ("error" in answer) return answer;
    // As the engine does: no more than was asked for.
    if (answer.type === "results" && "limit" in request)
      return { ok: { ...answer, hits: answer.hits.slice(0, request.limit) } };
    return { ok: answer };
  };
  Object.defineProperty(chrome.runtime, "sendMessage", { value: send });

  /** What differs from run to run in an answer of the real background. */
  function steady(reply: unknown): unknown {
    const { ok } = reply as { ok?: Response };
    if (ok?.type !== "results") return reply;
    const day = 86_400_000;
    const hits = ok.hits.map((hit, at) => ({ ...hit, page: `${at}`, lastSeen: now - (at + 1) * day }));
    return { ok: { ...ok, hits, embedMs: 9, searchMs: 5 } };
  }

  const { front } = world;
  const tab = front === null ? [] : [{ id: 1, windowId: 1, active: true, ...front }];
  Object.defineProperty(chrome.tabs, "query", { value: async () => tab });
  Object.defineProperty(chrome.permissions, "contains", { value: async () => world.access });
  // As if somebody had said no.
  Object.defineProperty(chrome.permissions, "request", { value: async () => false });
  Object.defineProperty(chrome.commands, "getAll", {
    value: async () => [{ name: "_execute_action", shortcut: "Alt+Shift+F" }],
  });

  const { texts } = world;
  const message = chrome.i18n.getMessage.bind(chrome.i18n);
  if (texts !== null) {
    Object.defineProperty(chrome.i18n, "getUILanguage", { value: () => texts.language });
    Object.defineProperty(chrome.i18n, "getMessage", {
      value: (key: string, parts: string[] = []) =>
        key.startsWith("@@")
          ? message(key)
          : (texts.messages[key] ?? "").replace(/\$(\d)/g, (_, at: string) => parts[Number(at) - 1] ?? ""),
    });
  } else if (world.mirrored) {
    Object.defineProperty(chrome.i18n, "getUILanguage", { value: () => "ar" });
    Object.defineProperty(chrome.i18n, "getMessage", {
      value: (key: string, parts?: string[]) =>
        key === "@@bidi_dir" ? "rtl" : key === "languageTag" ? "ar" : message(key, parts ?? []),
    });
  } else {
    Object.defineProperty(chrome.i18n, "getUILanguage", { value: () => "en-US" });
  }

  // Nothing moves or blinks. A sheet of this kind needs no leave of the page's policy.
  document.addEventListener("DOMContentLoaded", () => {
    const still = new CSSStyleSheet();
    still.replaceSync(
      "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important } html { scroll-behavior: auto !important }",
    );
    document.adoptedStyleSheets.push(still);
  });
}
