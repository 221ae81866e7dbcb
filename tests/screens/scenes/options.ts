// The options page, section by section, and as a whole where it is narrow, new or broken.

import type { Page } from "puppeteer-core";
import { FRESH, HITS, state } from "../stage/data.ts";
import type { Scene } from "../stage/scene.ts";
import type { World } from "../stage/world.ts";
import { textsOf } from "./popup.ts";

/** The sections, by their ids. A new one is one line here; a test compares them with the page. */
export const SECTIONS = ["privacy", "storage", "transfer", "backfill", "models", "speed", "diagnostics"];

const WIDTH = 1000;
const NARROW = 420;

const SITES = [
  "slowloaf.example",
  "news.example",
  "wiki.example",
  "video.example",
  "forum.example",
  "shop.example",
];
const FULL: Partial<World> = {
  answers: {
    state: state(
      {
        backfill: {
          phase: "done",
          added: 3_912,
          leftOut: 604,
          reached: Date.UTC(2025, 11, 15),
          removable: true,
        },
      },
      {
        keepDays: 365,
        sites: [
          { site: "diary.example", level: "never" },
          { site: "news.example", level: "title" },
        ],
      },
    ),
    sites: {
      type: "sites",
      total: 412,
      sites: Array.from({ length: 30 }, (_, at) => ({
        site: at < SITES.length ? (SITES[at] ?? "") : `site-${at}.example`,
        pages: Math.round(620 / (at + 1)),
        bytes: Math.round(9_100_000 / (at + 1)),
      })),
    },
    sensitive: {
      type: "sensitive",
      groups: [
        { name: "Banks", sites: ["bank.example", "money.example", "savings.example"] },
        { name: "Mail and messages", sites: ["mail.example", "chat.example"] },
        { name: "Health", sites: ["clinic.example"] },
      ],
    },
    models: {
      type: "models",
      answering: "all-MiniLM-L6-v2",
      embedded: 48_120,
      wanted: 48_120,
      models: [
        {
          id: "all-MiniLM-L6-v2",
          licence: "Apache-2.0",
          languages: ["en"],
          maxTokens: 256,
          bundled: true,
          chosen: true,
          phase: "ready",
          done: 1,
          problem: null,
          detail: null,
          retryAt: null,
          files: [],
          storedBytes: 22_900_000,
          verifiedAt: null,
        },
        {
          id: "bge-small-en-v1.5",
          licence: "MIT",
          languages: ["en"],
          maxTokens: 512,
          bundled: false,
          chosen: false,
          phase: "downloading",
          done: 0.38,
          problem: null,
          detail: null,
          retryAt: null,
          files: [
            { name: "model.safetensors", bytes: 133_466_304, received: 50_331_648 },
            { name: "tokenizer.json", bytes: 711_396, received: 711_396 },
          ],
          storedBytes: 51_043_044,
          verifiedAt: null,
        },
      ],
    },
    diagnose: {
      type: "diagnosis",
      backend: "cpu",
      space: "all-MiniLM-L6-v2@1110a243",
      dims: 384,
      tokens: 14,
      tookMs: 3.3,
      firstTen: [0.0412, -0.0231, 0.0102, 0.0871, -0.0004, 0.0312, -0.0611, 0.0101, 0.0221, -0.0141],
      norm: 1,
    },
    preview: {
      type: "preview",
      pages: 4_213,
      pinned: 12,
      bytes: 61_400_000,
      pinnedBytes: 12_000,
      titles: HITS.map(({ title }) => title),
    },
  },
};

/** Everything that is asked for when the page opens has come. */
async function settled(page: Page): Promise<void> {
  await page.waitForSelector("#counts dd");
  await page.waitForSelector("#sites:not([hidden]), #sites-summary:not(:empty)");
  await page.waitForSelector("#sensitive details");
  await page.waitForSelector("#model-list li + li");
}

/** What is done in a section before its picture. */
const ACTS: Record<string, (page: Page) => Promise<void>> = {
  privacy: async (page) => {
    await page.click("#sensitive summary");
  },
  diagnostics: async (page) => {
    await page.click("#diagnose-button");
    await page.waitForSelector("#diagnosis:not([hidden])");
    // The pointer off the button.
    await page.mouse.move(0, 0);
  },
};

function section(id: string): Scene {
  return {
    name: `options-${id}`,
    file: "options/options.html",
    size: { width: WIDTH, height: 900 },
    world: FULL,
    of: `#${id}`,
    act: async (page) => {
      await settled(page);
      await ACTS[id]?.(page);
    },
  };
}

const whole: (Omit<Scene, "file" | "size"> & { width?: number; height?: number })[] = [
  { name: "top", world: FULL, act: settled },
  {
    name: "new",
    world: {
      answers: {
        ...FULL.answers,
        state: state(FRESH, { consent: false }),
        sites: { type: "sites", total: 0, sites: [] },
      },
    },
    act: settled,
  },
  {
    name: "error",
    world: {
      answers: {
        state: { error: { code: "STORE", message: "The browser cannot open the index: is the disk full?" } },
      },
    },
    act: async (page) => {
      await page.waitForSelector("#problem:not([hidden])");
    },
  },
  {
    name: "paused",
    world: { answers: { ...FULL.answers, state: state({}, { paused: true, manual: true, level: "title" }) } },
    act: settled,
  },
  { name: "narrow", world: FULL, act: settled, width: NARROW, height: 2_600 },
  { name: "mirrored", world: { ...FULL, mirrored: true }, act: settled },
  {
    name: "german",
    world: { ...FULL, texts: textsOf("de") },
    act: settled,
    width: NARROW * 2,
    height: 2_200,
  },
  {
    name: "no-access",
    world: { ...FULL, access: false },
    act: async (page) => {
      await settled(page);
      await page.waitForSelector("#access:not([hidden])");
    },
  },
  {
    name: "everything",
    world: FULL,
    act: async (page) => {
      await settled(page);
      await page.click("#everything-button");
      await page.waitForSelector("#confirm[open]");
    },
  },
];

export const OPTIONS: Scene[] = [
  ...SECTIONS.map(section),
  ...whole.map(({ width, height, ...scene }) => ({
    ...scene,
    name: `options-${scene.name}`,
    file: "options/options.html",
    size: { width: width ?? WIDTH, height: height ?? 900 },
  })),
];
