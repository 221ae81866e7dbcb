// The one promise that every listener awaits.

import { assetUrl } from "./browser.ts";
import { GpuHost } from "./gpu.ts";
import { BrowserHost, mark } from "./host.ts";
import { type Background, initMain, RustBackground } from "./rust.ts";

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
  await initMain({ module_or_path: fetch(assetUrl("wasm/afterimage_bg.wasm")) });
  mark("module");
  const gpu = new GpuHost((detail) => {
    void started?.then((background) => background.gpuLost(detail));
  });
  const background = await RustBackground.start(new BrowserHost(gpu));
  mark("index");
  return background;
}
