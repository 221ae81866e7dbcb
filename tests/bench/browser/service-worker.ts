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
  async heap(): Promise<number> {
    const target = await this.#browser.waitForTarget((one) => one.type() === "service_worker");
    const cdp = await target.createCDPSession();
    try {
      await cdp.send("HeapProfiler.collectGarbage");
      return (await cdp.send("Runtime.getHeapUsage")).usedSize;
    } finally {
      // A worker with a debugger can neither be ended nor started again.
      await cdp.detach();
    }
  }
}
