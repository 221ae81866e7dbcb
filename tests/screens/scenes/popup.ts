// The popup, from the first look to the worst.

import { readFileSync } from "node:fs";
import type { Page } from "puppeteer-core";
import { pressWith } from "../../e2e/harness/controls.ts";
import {
  FRESH,
  FRONT,
  HITS,
  hit,
  LONG_TITLE,
  manyHits,
  pageStatus,
  RIGHT_TO_LEFT,
  results,
  rows,
  state,
} from "../stage/data.ts";
import type { Scene } from "../stage/scene.ts";
import type { World } from "../stage/world.ts";

export const QUESTION = "keeping a starter in a jar";
/** What a question was asked of that has so many answers. */
const MANY = 200;

/** Types a question and waits for its last answer. */
export async function ask(page: Page, question = QUESTION): Promise<void> {
  await page.type("#query", question);
  await page.waitForFunction(
    (typed) => {
      const list = document.querySelector<HTMLElement>("#results");
      return list?.dataset.query === typed && list.getAttribute("aria-busy") === "false";
    },
    { polling: 20 },
    question,
  );
}

/** The texts of another language, as the browser would give them. */
export function textsOf(language: string): World["texts"] {
  const file: Record<string, { message: string }> = JSON.parse(
    readFileSync(`extension/_locales/${language}/messages.json`, "utf8"),
  );
  const messages = Object.fromEntries(Object.entries(file).map(([key, { message }]) => [key, message]));
  return { language, messages };
}

async function openSheet(page: Page): Promise<void> {
  await page.click("#page-button");
  await page.waitForSelector("#this-page:not([data-state='']) #page-line");
}

const scenes: Omit<Scene, "file" | "size">[] = [
  {
    name: "consent",
    world: { answers: { state: state(FRESH, { consent: false }) } },
  },
  { name: "empty", world: { answers: { state: state(FRESH) } } },
  { name: "ready", world: { front: FRONT } },
  {
    name: "tips",
    act: async (page) => {
      await page.click(".tips summary");
    },
  },
  {
    name: "working",
    world: {
      answers: { state: state({ queued: 3, unembedded: 212 }), search: results(HITS) },
      front: FRONT,
    },
    act: (page) => ask(page),
  },
  {
    name: "problem",
    world: {
      answers: {
        state: state({
          problem: "Pages are found by their letters only.",
          queryChoice: {
            backend: "hash",
            reason: "CPU cannot: The model's weights are missing. Reinstall the extension.",
          },
        }),
        search: results(HITS, { backend: "hash" }),
      },
    },
    act: (page) => ask(page),
  },
  {
    name: "searching",
    world: { answers: { search: null } },
    act: async (page) => {
      await page.type("#query", QUESTION);
      await page.waitForSelector("#message[data-kind=searching]");
    },
  },
  { name: "results", world: { answers: { search: results(HITS) }, front: FRONT }, act: (page) => ask(page) },
  {
    name: "none",
    world: { answers: { state: state({ unembedded: 31 }), search: results([]) } },
    act: (page) => ask(page),
  },
  {
    name: "error",
    world: {
      answers: {
        search: {
          error: { code: "STORE", message: "The browser could not read the index: is the disk full?" },
        },
      },
    },
    act: async (page) => {
      await page.type("#query", QUESTION);
      await page.waitForSelector("#message[data-kind=error]");
    },
  },
  {
    name: "200-results",
    world: { answers: { search: results(manyHits(MANY)) } },
    act: async (page) => {
      await ask(page);
      // More come each time that one is at the end.
      await page.waitForFunction(
        (all) => {
          const list = document.querySelector("#results");
          list?.scrollTo(0, list.scrollHeight);
          return document.querySelectorAll("[role=option]").length === all;
        },
        { polling: 50 },
        MANY,
      );
      await page.$eval("#results", (list) => list.scrollTo(0, list.scrollHeight));
    },
  },
  { name: "long-title", world: { answers: { search: results(LONG_TITLE) } }, act: (page) => ask(page) },
  {
    name: "right-to-left",
    world: { answers: { search: results(RIGHT_TO_LEFT) } },
    act: (page) => ask(page, "خميرة"),
  },
  {
    name: "mirrored",
    world: {
      answers: { search: results([...HITS.slice(0, 2), ...RIGHT_TO_LEFT]) },
      front: FRONT,
      mirrored: true,
    },
    act: (page) => ask(page),
  },
  {
    name: "filters",
    world: { answers: { search: results(HITS.filter(({ site }) => site.startsWith("slow"))) } },
    act: async (page) => {
      await ask(page);
      await page.click("[data-period=month]");
      await page.click("#only-site");
      await page.waitForSelector("#results[aria-busy=false]");
    },
  },
  {
    name: "forgotten",
    world: {
      answers: { search: results(HITS), forget: { type: "forgotten", pages: 1, undo: true } },
    },
    act: async (page) => {
      await ask(page);
      await page.keyboard.press("ArrowDown");
      await pressWith(page, "Shift", "Delete");
      await page.waitForSelector("[data-forgotten]");
    },
  },
  {
    name: "similar",
    world: { answers: { similar: results(HITS.slice(1)) }, front: FRONT },
    act: async (page) => {
      await page.waitForSelector("#similar-button:not([hidden])");
      await page.click("#similar-button");
      await page.waitForSelector("#results:not([hidden]) [role=option]");
    },
  },
  {
    name: "similar-unknown",
    world: { answers: { similar: results([], { unknownPage: true }) }, front: FRONT },
    act: async (page) => {
      await page.waitForSelector("#similar-button:not([hidden])");
      await page.click("#similar-button");
      await page.waitForSelector("#message[data-kind=unknownPage]");
    },
  },
  {
    name: "this-page",
    world: {
      answers: { search: results(HITS), page: pageStatus({ page: rows(1)[0] ?? null }) },
      front: FRONT,
    },
    act: async (page) => {
      await ask(page);
      await openSheet(page);
    },
  },
  {
    name: "this-page-left-out",
    world: {
      answers: {
        page: pageStatus({
          site: "a.very.long.host.name.that.somebody.registered.for.fun.and.never.gave.up.example",
          skip: "sensitiveSite",
          level: "never",
        }),
      },
      front: FRONT,
    },
    act: openSheet,
  },
  {
    name: "this-page-no-access",
    world: { answers: { page: pageStatus() }, front: FRONT, access: false },
    act: openSheet,
  },
  {
    name: "this-page-lose",
    world: {
      answers: {
        page: pageStatus({ page: rows(1)[0] ?? null }),
        preview: {
          type: "preview",
          pages: 31,
          pinned: 2,
          bytes: 412_000,
          pinnedBytes: 9_000,
          titles: HITS.map(({ title }) => title),
        },
      },
      front: FRONT,
    },
    act: async (page) => {
      await openSheet(page);
      await page.click("#level-never");
      await page.waitForSelector("dialog[open]");
    },
  },
  {
    name: "paused",
    world: {
      answers: {
        state: state({}, { pausedUntil: Date.UTC(2026, 2, 15, 6) }),
        search: results([
          hit(0, { title: "Only one", site: "one.example", why: "words", passage: "A [starter]." }),
        ]),
      },
      front: FRONT,
    },
    act: (page) => ask(page),
  },
  {
    name: "german",
    world: {
      answers: { state: state({ queued: 3, unembedded: 212 }), search: results(HITS), page: pageStatus() },
      front: FRONT,
      texts: textsOf("de"),
    },
    act: async (page) => {
      await ask(page);
      await openSheet(page);
    },
  },
];

export const POPUP: Scene[] = scenes.map((scene) => ({
  ...scene,
  name: `popup-${scene.name}`,
  file: "popup/popup.html",
  size: { width: 480, height: 580 },
}));
