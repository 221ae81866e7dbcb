// Node's side of the page: what it may fetch, its functions as methods, and what no page can do with its service worker.

import path from "node:path";
import { BenchPage } from "../browser/page.ts";
import type { ServiceWorker } from "../browser/service-worker.ts";
import type { Bench } from "./page.ts";
import { inService, type Name } from "./work.ts";

/** Without it the browser measures memory when it next collects garbage by itself, which can take a minute. */
const MEASURE_AT_ONCE = "--enable-blink-features=ForceEagerMeasureMemory";

/** A browser of its own, with an empty profile. */
export class Host {
  readonly #page: BenchPage;
  readonly #service: ServiceWorker;
  /** Never resolves: a page without memory answers nothing, and puppeteer would wait. */
  readonly #crash: Promise<never>;

  private constructor(page: BenchPage, service: ServiceWorker) {
    this.#page = page;
    this.#service = service;
    this.#crash = new Promise((_, reject) => {
      page.page.once("error", () => reject(new Error("the page crashed, most likely out of memory")));
    });
    // Nobody may be waiting when it happens.
    this.#crash.catch(() => undefined);
  }

  /** `seeds` is the folder with the seed corpus; it may still be empty. */
  static async start(seeds: string): Promise<Host> {
    const page = await BenchPage.open({
      script: "tests/bench/search/page.ts",
      workers: {
        "/worker.js": "tests/bench/search/worker.ts",
        "/service-worker.js": "tests/bench/search/service-worker.ts",
      },
      folders: {
        wasm: path.resolve("dist/stage/wasm"),
        model: MODEL,
        peers: setting("AFTERIMAGE_BENCH_SEARCH_PEERS"),
        seeds,
      },
      args: [MEASURE_AT_ONCE],
    });
    return new Host(page, await page.serviceWorker());
  }

  /** A contender in a fresh worker; milliseconds with and without the worker's start. */
  async open(name: Name, room: number): Promise<{ started: number; opened: number }> {
    if (inService(name)) await this.stop();
    return this.call("open", name, room);
  }

  /** Ends all workers, so that their files are closed and their memory is gone. */
  async stop(): Promise<void> {
    await this.call("stop");
    await this.#service.stop();
  }

  /** Bytes in the memory of the contender's worker, after a garbage collection. */
  async memory(name: Name): Promise<number> {
    if (!inService(name)) return this.call("memory");
    return (await this.call("wasmBytes")) + (await this.#service.heap());
  }

  /** Milliseconds in each function of the service worker while `work` runs. */
  profile(work: () => Promise<unknown>): Promise<Map<string, number>> {
    return this.#service.profile(work);
  }

  call<Method extends keyof Bench>(
    method: Method,
    ...args: Parameters<Bench[Method]>
  ): Promise<Awaited<ReturnType<Bench[Method]>>> {
    const answer = this.#page.page.evaluate(
      async (name, values) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...args: unknown[]) => unknown> };
        return bench[name]?.(...values);
      },
      method,
      args as unknown[],
    ) as Promise<Awaited<ReturnType<Bench[Method]>>>;
    return Promise.race([answer, this.#crash]);
  }

  browser(): Promise<string> {
    return this.#page.version();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

/** The model as it ships. */
export const MODEL = path.resolve("dist/stage/model/all-MiniLM-L6-v2");

/** What build.sh sets. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run ./build.sh bench search`);
  return value;
}
