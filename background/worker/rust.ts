// The two WASM modules' glue, which wasm-bindgen writes into dist/stage when it builds them. Static
// imports: a service worker may not use `import()`. The modules themselves are fetched when needed.

export {
  type Background,
  Background as RustBackground,
  default as initMain,
  PageSender,
} from "../../dist/stage/wasm/main/afterimage.js";
export { default as initGpu, GpuEncoder } from "../../dist/stage/wasm/webgpu/webgpu.js";
