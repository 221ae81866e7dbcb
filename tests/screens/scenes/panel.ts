// The side panel, mostly in a width that people give it.

import type { Page } from "puppeteer-core";
import { pressWith } from "../../e2e/harness/controls.ts";
import {
  FRESH,
  FRONT,
  HITS,
  LONG_TITLE,
  pageStatus,
  RIGHT_TO_LEFT,
  results,
  rows,
  state,
} from "../stage/data.ts";
import type { Scene } from "../stage/scene.ts";
import { ask, QUESTION, textsOf } from "./popup.ts";

const WIDTH = 360;
const NARROW = 300;
const WIDE = 700;
const ALL_PAGES = 10_000;

async function openDays(page: Page): Promise<void> {
  await page.click("#tab-days");
  await page.waitForSelector("#timeline[data-total]");
}

const scenes: (Omit<Scene, "file" | "size"> & { width?: number })[] = [
  { name: "ready", world: { front: FRONT } },
  { name: "results", world: { answers: { search: results(HITS) }, front: FRONT }, act: (page) => ask(page) },
  {
    name: "narrow",
    world: { answers: { search: results(HITS) }, front: FRONT },
    act: (page) => ask(page),
    width: NARROW,
  },
  {
    name: "wide",
    world: { answers: { search: results(HITS) }, front: FRONT },
    act: (page) => ask(page),
    width: WIDE,
  },
  {
    name: "long-title",
    world: { answers: { search: results(LONG_TITLE) }, front: FRONT },
    act: (page) => ask(page),
  },
  {
    name: "right-to-left",
    world: { answers: { search: results(RIGHT_TO_LEFT) }, mirrored: true, front: FRONT },
    act: (page) => ask(page),
  },
  {
    name: "none",
    world: { answers: { state: state({ unembedded: 31 }), search: results([]) }, front: FRONT },
    act: (page) => ask(page),
  },
  {
    name: "searching",
    world: { answers: { search: null }, front: FRONT },
    act: async (page) => {
      await page.type("#query", QUESTION);
      await page.waitForSelector("#message[data-kind=searching]");
    },
  },
  {
    name: "error",
    world: { answers: { state: { error: { code: "NOT_READY", message: "The engine did not start." } } } },
    act: async (page) => {
      await page.waitForSelector("#message[data-kind=error]");
    },
  },
  {
    name: "follow",
    world: {
      answers: { similar: results(HITS.slice(1)), page: pageStatus({ page: rows(1)[0] ?? null }) },
      front: FRONT,
    },
    act: async (page) => {
      await page.click("#follow");
      await page.waitForSelector("#results:not([hidden]) [role=option]");
      await page.click("#page-button");
      await page.waitForSelector("#page-line");
    },
  },
  { name: "days-empty", world: { answers: { state: state(FRESH) }, rows: [] }, act: openDays },
  {
    name: "days-error",
    world: {
      answers: {
        pages: { error: { code: "STORE", message: "The index cannot be read: restart the browser." } },
      },
    },
    act: async (page) => {
      await page.click("#tab-days");
      await page.waitForFunction(() =>
        /restart/.test(document.querySelector("#days .message")?.textContent ?? ""),
      );
    },
  },
  {
    name: "days",
    world: { rows: rows(ALL_PAGES) },
    act: async (page) => {
      await openDays(page);
      await page.waitForSelector("#timeline [data-page]");
      await page.keyboard.press("ArrowDown");
    },
  },
  {
    name: "days-forgotten",
    world: {
      rows: rows(ALL_PAGES),
      answers: { forget: { type: "forgotten", pages: 1, undo: true } },
      front: FRONT,
    },
    act: async (page) => {
      await openDays(page);
      await page.waitForSelector("#timeline [data-page]");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await pressWith(page, "Shift", "Delete");
      await page.waitForSelector("#timeline [data-forgotten]");
    },
  },
  {
    name: "days-loading",
    // The moments of all pages are there, the rows further down are not.
    world: { rows: rows(ALL_PAGES) },
    act: async (page) => {
      await openDays(page);
      await page.evaluate(() => {
        Object.defineProperty(chrome.runtime, "sendMessage", { value: () => new Promise(() => {}) });
        document.querySelector("#timeline")?.scrollTo(0, 100_000);
      });
      await page.waitForSelector("#timeline .loading");
    },
  },
  {
    name: "german",
    world: { rows: rows(60), texts: textsOf("de"), front: FRONT },
    act: async (page) => {
      await openDays(page);
      await page.waitForSelector("#timeline [data-page]");
    },
  },
];

export const PANEL: Scene[] = scenes.map(({ width, ...scene }) => ({
  ...scene,
  name: `panel-${scene.name}`,
  file: "panel/panel.html",
  size: { width: width ?? WIDTH, height: 720 },
}));
