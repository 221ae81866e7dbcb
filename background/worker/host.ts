// What the Rust side asks of the browser (background/src/host.rs names these methods).

import { assetUrl, version } from "./browser.ts";
import type { GpuHost } from "./gpu.ts";

/** A step of the start is done: `./build.sh bench coldstart` reads these, nobody else. */
export function mark(step: string): void {
  performance.mark(step);
}

export class BrowserHost {
  readonly version = version();
  readonly browser = navigator.userAgent;
  /** Chrome forgets history after 90 days; Firefox only when told to. */
  readonly historyAgesOut = !navigator.userAgent.includes("Firefox/");
  readonly #gpu: GpuHost;

  constructor(gpu: GpuHost) {
    this.#gpu = gpu;
  }

  async readAsset(path: string): Promise<ArrayBuffer> {
    const response = await fetch(assetUrl(path));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.arrayBuffer();
  }

  openGpu(weights: Uint8Array, allowSoftware: boolean): Promise<void> {
    return this.#gpu.open(weights, allowSoftware);
  }

  encodeOnGpu(ids: Uint32Array, lengths: Uint32Array): Promise<Float32Array> {
    return this.#gpu.encode(ids, lengths);
  }

  mark(step: string): void {
    mark(step);
  }

  log(line: string): void {
    console.info(`afterimage: ${line}`);
  }
}
