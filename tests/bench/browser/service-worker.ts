// The page's service worker from outside: end it, and look at its memory.

import type { Browser, CDPSession } from "puppeteer-core";

/** The only service worker of a browser. */
export class ServiceWorker {
  readonly #browser: Browser;
  /** The page's: it speaks for all workers. */
  readonly #cdp: CDPSession;

  private constructor(browser: Browser, cdp: CDPSession) {
    this.#browser = browser;
    this.#cdp = cdp;
  }

  static async of(browser: Browser, cdp: CDPSession): Promise<ServiceWorker> {
    await cdp.send("ServiceWorker.enable");
    return new ServiceWorker(browser, cdp);
  }

  /** Ends it as the browser does when it was idle; resolves when it is gone. The next message starts it again. */
  async stop(): Promise<void> {
    await this.#cdp.send("ServiceWorker.stopAllWorkers");
  }

  /** Bytes of its JavaScript heap after a garbage collection. */
  heap(): Promise<number> {
    return this.#with(async (cdp) => {
      await cdp.send("HeapProfiler.collectGarbage");
      return (await cdp.send("Runtime.getHeapUsage")).usedSize;
    });
  }

  /** Milliseconds of its thread in each function, callees not counted, while `work` runs. */
  profile(work: () => Promise<unknown>): Promise<Map<string, number>> {
    return this.#with(async (cdp) => {
      await cdp.send("Profiler.enable");
      await cdp.send("Profiler.setSamplingInterval", { interval: 200 });
      await cdp.send("Profiler.start");
      await work();
      const { nodes, samples = [], timeDeltas = [] } = (await cdp.send("Profiler.stop")).profile;
      const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName || "(anonymous)"]));
      const times = new Map<string, number>();
      for (const [n, sample] of samples.entries()) {
        const name = names.get(sample) ?? "(unknown)";
        times.set(name, (times.get(name) ?? 0) + (timeDeltas[n] ?? 0) / 1000);
      }
      return times;
    });
  }

  async #with<T>(work: (cdp: CDPSession) => Promise<T>): Promise<T> {
    const target = await this.#browser.waitForTarget((one) => one.type() === "service_worker");
    const cdp = await target.createCDPSession();
    try {
      return await work(cdp);
    } finally {
      // A worker with a debugger can neither be ended nor started again.
      await cdp.detach();
    }
  }
}
