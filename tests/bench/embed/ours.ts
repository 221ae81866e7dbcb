// In the page: our own contenders, in the modules that wasm-bindgen made.

import { bytes, type Contender, flatten, load, text } from "./contender.ts";

/** The border of background/src/bench.rs. */
interface BenchModule {
  default(options: { module_or_path: string }): Promise<unknown>;
  BenchEncoder: {
    open(weights: Uint8Array, kind: "int8" | "flex", tokenizer: string): BenchEncoder;
    openPublished(weights: Uint8Array, config: string, pooling: string, tokenizer: string): BenchEncoder;
  };
}

export interface BenchEncoder {
  tokenize(text: string): Uint32Array;
  encode(ids: Uint32Array, lengths: Uint32Array): Promise<Float32Array>;
  hash(text: string): Float32Array;
}

/** The border of background/src/webgpu.rs. */
interface GpuModule {
  default(options: { module_or_path: string }): Promise<unknown>;
  GpuEncoder: {
    open(weights: Uint8Array, software: boolean, onPanic: (message: string) => void): Promise<GpuEncoder>;
  };
}

interface GpuEncoder {
  encode(ids: Uint32Array, lengths: Uint32Array): Promise<Float32Array>;
}

const started = new Map<string, Promise<BenchModule>>();

/** Each variant is started once, whatever opens encoders in it. */
function start(variant: "relaxed" | "plain"): Promise<BenchModule> {
  const folder = `/wasm/bench-${variant}`;
  const begun =
    started.get(variant) ??
    load<BenchModule>(`${folder}/bench.js`).then(async (module) => {
      await module.default({ module_or_path: `${folder}/bench_bg.wasm` });
      return module;
    });
  started.set(variant, begun);
  return begun;
}

/** Our int8 kernels on the weights that ship. */
export async function openInt8(variant: "relaxed" | "plain"): Promise<Contender> {
  const { BenchEncoder } = await start(variant);
  const weights = await bytes("/model/weights.safetensors");
  return contender(BenchEncoder.open(weights, "int8", await text("/source/tokenizer.json")));
}

/** Burn's unmodified backend on the published f32 weights. */
export async function openFlex(): Promise<Contender & { tools: BenchEncoder }> {
  const { BenchEncoder } = await start("plain");
  const tools = BenchEncoder.openPublished(
    await bytes("/source/model.safetensors"),
    await text("/source/config.json"),
    await text("/source/1_Pooling/config.json"),
    await text("/source/tokenizer.json"),
  );
  return { ...contender(tools), tools };
}

/** The GPU module on the weights that ship. */
export async function openGpu(): Promise<Contender> {
  const module = await load<GpuModule>("/wasm/webgpu/webgpu.js");
  await module.default({ module_or_path: "/wasm/webgpu/webgpu_bg.wasm" });
  const weights = await bytes("/model/weights.safetensors");
  // As background/worker/gpu.ts does.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  const software = adapter?.info.isFallbackAdapter ?? false;
  return contender(await module.GpuEncoder.open(weights, software, (message) => console.error(message)));
}

function contender(encoder: GpuEncoder): Contender {
  return {
    prepare({ batches }) {
      const { ids, lengths } = flatten(batches);
      return () => encoder.encode(ids, lengths);
    },
  };
}
