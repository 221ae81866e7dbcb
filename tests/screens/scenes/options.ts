// The options page, section by section, and as a whole where it is narrow, new or broken.

import type { Page } from "puppeteer-core";
import { FILE_MAGIC, FRAME_HEADER, type ModelList, type ModelState } from "../../../messages/messages.ts";
import { FRESH, HITS, state } from "../stage/data.ts";
import type { Scene } from "../stage/scene.ts";
import { NOW, type World } from "../stage/world.ts";
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
const BUNDLED: ModelState = {
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
};
const OTHER: ModelState = {
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
};

/** Both models, the one that does not ship in some state. */
function models(other: Partial<ModelState>): ModelList & { type: "models" } {
  return {
    type: "models",
    answering: BUNDLED.id,
    embedded: 48_120,
    wanted: 48_120,
    models: [BUNDLED, { ...OTHER, ...other }],
  };
}

const LONG_SITE =
  "a.very.long.host.name.that.somebody.registered.for.fun.and.never.gave.up.and-then-added-a-part-without-any-dot.example";

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
    models: models({}),
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

/** An exported file as far as the page itself reads it; what is in it the background says. */
async function chooseFile(page: Page): Promise<void> {
  await page.$eval(
    "#import-file",
    (input, magic, head) => {
      const frame = (payload: number): Uint8Array<ArrayBuffer> => {
        const bytes = new Uint8Array(head + payload);
        new DataView(bytes.buffer).setUint32(1, payload, true);
        return bytes;
      };
      const parts = [
        new TextEncoder().encode(magic),
        new Uint8Array([1, 0]),
        frame(9),
        frame(9_400_000),
        frame(2),
      ];
      const chosen = new DataTransfer();
      chosen.items.add(new File(parts, "afterimage-2026-03-01.afterimage"));
      (input as HTMLInputElement).files = chosen.files;
      input.dispatchEvent(new Event("change"));
    },
    FILE_MAGIC,
    FRAME_HEADER,
  );
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
    name: "no-access",
    world: { ...FULL, access: false },
    act: async (page) => {
      await settled(page);
      await page.waitForSelector("#access:not([hidden])");
    },
  },
  {
    name: "loading",
    world: { answers: { state: null, sensitive: null, models: null } },
    height: 2_200,
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
  {
    name: "reembedding",
    world: {
      answers: {
        ...FULL.answers,
        models: {
          type: "models",
          answering: BUNDLED.id,
          embedded: 17_304,
          wanted: 48_120,
          models: [
            { ...BUNDLED, chosen: false },
            {
              ...OTHER,
              chosen: true,
              phase: "ready",
              done: 1,
              files: OTHER.files.map((file) => ({ ...file, received: file.bytes })),
              storedBytes: 33_400_000,
              verifiedAt: NOW - 3_600_000,
            },
          ],
        },
      },
    },
    act: async (page) => {
      await settled(page);
      await page.waitForSelector("#reembed:not([hidden])");
    },
    of: "#models",
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
    name: "everything",
    world: FULL,
    act: async (page) => {
      await settled(page);
      await page.click("#everything-button");
      await page.waitForSelector("#confirm[open]");
    },
  },
];

/** Sections in rarer states. */
const rare: (Omit<Scene, "file" | "size" | "of"> & { section: string; width?: number })[] = [
  {
    name: "backfill-running",
    section: "backfill",
    world: {
      answers: {
        ...FULL.answers,
        state: state({
          backfill: {
            phase: "running",
            added: 1_204,
            leftOut: 187,
            reached: Date.UTC(2026, 1, 3),
            removable: true,
          },
        }),
      },
    },
    act: settled,
  },
  {
    name: "model-failed",
    section: "models",
    world: {
      answers: {
        ...FULL.answers,
        models: models({
          phase: "failed",
          problem: "wrongBytes",
          detail: `model.safetensors is ${"4b1d7e90".repeat(8)}`,
          // What came was thrown away.
          files: [
            { name: "model.safetensors", bytes: 133_466_304, received: 0 },
            { name: "tokenizer.json", bytes: 711_396, received: 0 },
          ],
          storedBytes: 0,
        }),
      },
    },
    act: settled,
  },
  {
    name: "import-contents",
    section: "transfer",
    world: {
      answers: {
        ...FULL.answers,
        import: [
          {
            type: "imported",
            frame: "settings",
            place: { chain: "", pages: 0 },
            settings: state({}, { sites: [{ site: "diary.example", level: "never" }] }).settings,
          },
          {
            type: "imported",
            frame: "pages",
            place: { chain: "", pages: 3_871 },
            oldest: Date.UTC(2025, 7, 2),
            newest: Date.UTC(2026, 2, 1),
            pinned: 12,
            sites: SITES,
            merged: null,
          },
          { type: "imported", frame: "end", leftOut: 2 },
        ],
      },
    },
    act: async (page) => {
      await settled(page);
      await chooseFile(page);
      await page.waitForSelector("#import-contents:not([hidden])");
    },
  },
  ...[
    { name: "long-site", width: WIDTH },
    { name: "long-site-narrow", width: NARROW },
  ].flatMap(({ name, width }) =>
    ["privacy", "storage"].map((section) => ({
      name: `${section}-${name}`,
      section,
      width,
      world: {
        answers: {
          ...FULL.answers,
          state: state(
            {},
            {
              sites: [
                { site: LONG_SITE, level: "title" as const },
                { site: "diary.example", level: "never" as const },
              ],
            },
          ),
          sites: {
            type: "sites" as const,
            total: 2,
            sites: [
              { site: LONG_SITE, pages: 1_204, bytes: 9_100_000 },
              { site: "news.example", pages: 310, bytes: 4_550_000 },
            ],
          },
        },
      },
      act: settled,
    })),
  ),
];

export const OPTIONS: Scene[] = [
  ...SECTIONS.map(section),
  ...rare.map(({ section, width, ...scene }) => ({
    ...scene,
    name: `options-${scene.name}`,
    file: "options/options.html",
    // As tall as the page: the navigation of a narrow one must not lie over the section.
    size: { width: width ?? WIDTH, height: 2_600 },
    of: `#${section}`,
  })),
  ...whole.map(({ width, height, ...scene }) => ({
    ...scene,
    name: `options-${scene.name}`,
    file: "options/options.html",
    size: { width: width ?? WIDTH, height: height ?? 900 },
  })),
];
