// The service worker: the product's index where the product has it. No `import()` is allowed here, so the module's glue
// is imported statically; the browser resolves it.

// @ts-expect-error: it is there when the module is built, and without types.
import * as glue from "/wasm/bench-search/bench_search.js";
import { openOurs } from "./contenders/ours.ts";
import { answer, type Call, methodsOf } from "./methods.ts";
import { useGlue } from "./module.ts";

/** What is used of an `ExtendableMessageEvent`; the project's types are those of pages. */
interface MessageToWorker extends Event {
  readonly data: Call | "alive";
  readonly source: { postMessage(message: unknown): void };
}

/** Another one after every start. */
const INSTANCE = crypto.randomUUID();

useGlue(glue);
const methods = methodsOf(openOurs);

// No `waitUntil`: the browser ends a worker that needs five minutes for one event. Building can take longer; the page's
// asking whether the worker is alive is an event, too, and keeps it so.
addEventListener("message", async (event) => {
  const { data, source } = event as MessageToWorker;
  source.postMessage(data === "alive" ? { instance: INSTANCE } : await answer(methods, data));
});
