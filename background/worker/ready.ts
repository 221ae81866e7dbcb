// The one promise that every listener awaits.

import { GpuHost } from "./gpu.ts";
import { BrowserHost, mark } from "./host.ts";
import { type Background, loadMain } from "./rust.ts";

let started: Promise<Background> | undefined;

/** The background, started when first asked for. A start that failed is tried again by the next event. */
export function ready(): Promise<Background> {
  started ??= start().catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function start(): Promise<Background> {
  const Background = await loadMain();
  mark("module");
  const gpu = new GpuHost((detail) => {
    void started?.then((background) => background.gpuLost(detail));
  });
  const background = await Background.start(new BrowserHost(gpu));
  mark("index");
  return background;
}
