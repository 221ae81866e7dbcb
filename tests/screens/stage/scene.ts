// A surface in one of its states.

import type { Page } from "puppeteer-core";
import { state } from "./data.ts";
import type { World } from "./world.ts";

export interface Scene {
  /** The name of its pictures. */
  name: string;
  /** The surface's page. */
  file: string;
  size: { width: number; height: number };
  world?: Partial<World>;
  /** What a person does to get there. */
  act?: (page: Page) => Promise<void>;
  /** What the picture shows, by a selector; without one, all that is in sight. */
  of?: string;
}

/** The world of a scene: a person who has read a lot, no tab with a page in front. */
export function worldOf(scene: Scene): World {
  return {
    searches: {},
    rows: null,
    front: null,
    access: true,
    texts: null,
    mirrored: false,
    ...scene.world,
    answers: { state: state(), ...scene.world?.answers },
  };
}
