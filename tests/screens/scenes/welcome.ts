// The welcome page: the question, its demonstration, and both answers.

import type { Page } from "puppeteer-core";
import { FRESH, state } from "../stage/data.ts";
import type { Scene } from "../stage/scene.ts";
import { textsOf } from "./popup.ts";

const ASKING = state(FRESH, { consent: false });
/** How near the sentences of the sample page are to its question. */
const COSINES = [0.08, 0.05, 0.11, 0.02, 0.03, 0.01, 0.31, 0.52];

const scenes: (Omit<Scene, "file" | "size"> & { width?: number; height?: number })[] = [
  { name: "question", world: { answers: { state: ASKING } } },
  {
    name: "demo",
    world: {
      answers: {
        state: ASKING,
        compare: { type: "compared", backend: "cpu", cosines: COSINES, tookMs: 38 },
      },
    },
    act: async (page) => {
      await page.click("#demo-button");
      await page.waitForSelector("#demo-answer li");
      await page.mouse.move(0, 0);
    },
  },
  {
    name: "narrow",
    world: { answers: { state: ASKING } },
    width: 400,
    height: 2_600,
  },
  { name: "accepted", world: { answers: { state: state() } }, act: accepted, height: 800 },
  {
    name: "no-access",
    world: { answers: { state: state() }, access: false },
    act: async (page) => {
      await accepted(page);
      await page.click("#access-button");
      await page.waitForSelector("#access-status:not(:empty)");
      await page.mouse.move(0, 0);
    },
    height: 800,
  },
  {
    name: "declined",
    world: { answers: { state: ASKING } },
    act: async (page) => {
      await page.click("#no-button");
      await page.waitForSelector("#declined:not([hidden])");
    },
    height: 500,
  },
  {
    name: "error",
    world: {
      answers: {
        state: ASKING,
        configure: {
          error: { code: "STORE", message: "The browser could not keep your answer: is the disk full?" },
        },
      },
    },
    act: async (page) => {
      await page.click("#yes-button");
      await page.waitForSelector("#problem:not([hidden])");
      await page.mouse.move(0, 0);
    },
  },
  { name: "german", world: { answers: { state: ASKING }, texts: textsOf("de") } },
];

async function accepted(page: Page): Promise<void> {
  await page.waitForSelector("#accepted:not([hidden])");
  await page.waitForSelector("#backfill:not([hidden])");
}

export const WELCOME: Scene[] = scenes.map(({ width, height, ...scene }) => ({
  ...scene,
  name: `welcome-${scene.name}`,
  file: "welcome/welcome.html",
  size: { width: width ?? 760, height: height ?? 1_900 },
}));
