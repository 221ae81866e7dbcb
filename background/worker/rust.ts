// The WASM modules' glue, which wasm-bindgen writes into dist/stage when it builds them. Static imports: a
// service worker may not use `import()`. The modules themselves are fetched when needed.

import * as plain from "../../dist/stage/wasm/plain/afterimage.js";
import * as relaxed from "../../dist/stage/wasm/relaxed/afterimage.js";
import { assetUrl } from "./browser.ts";
import { mark } from "./host.ts";

export type { Background } from "../../dist/stage/wasm/relaxed/afterimage.js";
export { default as initGpu, GpuEncoder } from "../../dist/stage/wasm/webgpu/webgpu.js";

/** The smallest module with `i16x8.relaxed_dot_i8x16_i7x16_s` in it: browsers without it refuse the bytes. */
const RELAXED_PROBE = new Uint8Array([
  // Magic, version; a type without parameters and results; a function of it.
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0,
  // Its code: two times `i32.const 0, i8x16.splat`, the dot product, `drop`.
  10, 16, 1, 14, 0, 65, 0, 253, 15, 65, 0, 253, 15, 253, 146, 2, 26, 11,
]);

/** The main module's class, from whichever of its two builds this browser runs fastest. */
export async function loadMain(): Promise<typeof relaxed.Background> {
  const [glue, build] = WebAssembly.validate(RELAXED_PROBE) ? [relaxed, "relaxed"] : [plain, "plain"];
  mark(build);
  await glue.default({ module_or_path: fetch(assetUrl(`wasm/${build}.wasm`)) });
  return glue.Background;
}
