// The GPU module's keeper: it decides whether there is a graphics processor worth starting the module for,
// and notices when the module or its device has died.
//
// Burn asks for its device by itself and neither reports a lost one nor survives every surprise (see
// background/src/webgpu.rs), so the device is watched from outside: `requestDevice` is wrapped for the
// length of the start, and every call races against the device's end, a panic, and a limit of time.

import { assetUrl } from "./browser.ts";
import { GpuEncoder, initGpu } from "./rust.ts";

/** Longer than any batch takes, on a software adapter too: a lost read-back never settles by itself. */
const PATIENCE_MS = 120_000;

/** Why there is no WebGPU; the code is stable, the detail for people. */
export class GpuUnavailable extends Error {
  readonly code: string;
  readonly detail: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
    this.detail = detail;
  }
}

export class GpuHost {
  readonly #onLost: (detail: string) => void;
  #encoder: GpuEncoder | undefined;
  /** Rejects when the module or its device is dead; never resolves. */
  #death: Promise<never> | undefined;
  #die: (why: GpuUnavailable) => void = () => {};
  /** Why the module must not run again: a panic leaves its memory as it was in the middle of something. */
  #panicked: GpuUnavailable | undefined;

  constructor(onLost: (detail: string) => void) {
    this.#onLost = onLost;
  }

  async open(weights: Uint8Array, allowSoftware: boolean): Promise<void> {
    if (this.#panicked !== undefined) throw this.#panicked;
    const software = await checkAdapter(allowSoftware);
    this.#death = new Promise((_, reject) => {
      this.#die = reject;
    });
    // It is awaited only in races; on its own it must not count as unhandled.
    this.#death.catch(() => {});
    const unwatch = this.#watchDevices();
    try {
      await this.#alive(initGpu({ module_or_path: fetch(assetUrl("wasm/webgpu.wasm")) }));
      const onPanic = (message: string) => {
        this.#panicked = new GpuUnavailable("gpu_panic", sentenceOf(message));
        this.#end(this.#panicked);
      };
      this.#encoder = await this.#alive(GpuEncoder.open(weights, software, onPanic));
    } finally {
      unwatch();
    }
  }

  async encode(ids: Uint32Array, lengths: Uint32Array): Promise<Float32Array> {
    if (this.#encoder === undefined) {
      throw new GpuUnavailable("device_lost", "The graphics device is gone.");
    }
    return this.#alive(this.#encoder.encode(ids, lengths));
  }

  async #alive<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new GpuUnavailable("gpu_timeout", "The graphics processor did not answer."));
      }, PATIENCE_MS);
    });
    try {
      return await Promise.race([work, late, ...(this.#death === undefined ? [] : [this.#death])]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sees every device that is made until the returned function is called. */
  #watchDevices(): () => void {
    const prototype = GPUAdapter.prototype;
    const original = prototype.requestDevice;
    const watch = (device: GPUDevice): void => {
      void device.lost.then(({ reason, message }) => {
        const detail = message === "" ? reason : message;
        this.#end(new GpuUnavailable("device_lost", `The graphics device was lost: ${detail}`));
        this.#onLost(detail);
      });
    };
    prototype.requestDevice = async function (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) {
      const device = await original.call(this, descriptor);
      watch(device);
      return device;
    };
    return () => {
      prototype.requestDevice = original;
    };
  }

  #end(why: GpuUnavailable): void {
    this.#encoder = undefined;
    this.#die(why);
  }
}

/** A panic's message, `panicked at PATH:LINE:COLUMN:` and what it says on the next line, in one sentence. */
function sentenceOf(panic: string): string {
  const [where = "", what = ""] = panic.split("\n");
  const place = where.match(/[^/\\]+:\d+(?=:\d+:?$)/)?.[0] ?? where;
  return `The GPU module failed at ${place}: ${what}`;
}

/** The guards that Burn lacks. Whether the adapter is a software one: that one gets kernels of its own. */
async function checkAdapter(allowSoftware: boolean): Promise<boolean> {
  // Some browsers have no `gpu` at all.
  const gpu: GPU | undefined = navigator.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === undefined || adapter === null) {
    throw new GpuUnavailable("no_adapter", "The browser offers no graphics processor.");
  }
  if (adapter.info.isFallbackAdapter && !allowSoftware) {
    throw new GpuUnavailable(
      "software_adapter",
      "The browser offers only a software adapter, which is slower than the CPU.",
    );
  }
  if (!adapter.features.has("timestamp-query")) {
    throw new GpuUnavailable("no_timestamp_query", "The graphics processor offers no timestamp queries.");
  }
  return adapter.info.isFallbackAdapter;
}
