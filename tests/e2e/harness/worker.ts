// The extension's service worker, seen from outside: is it alive, kill it, run something in it.
//
// It is killed by closing its target, which takes everything in memory with it at once, as the browser does
// when 30 s have passed without an event.

import type { Chromium } from "./browser.ts";
import { PATIENCE, until } from "./until.ts";

/** The worker. */
export class Worker {
  readonly #chromium: Chromium;

  constructor(chromium: Chromium) {
    this.#chromium = chromium;
  }

  /** The CDP target's id, if the worker runs. */
  async target(): Promise<string | null> {
    const { targetInfos } = await this.#chromium.cdp.send("Target.getTargets");
    const mine = targetInfos.find(
      (target) =>
        target.type === "service_worker" &&
        target.url.startsWith(`chrome-extension://${this.#chromium.extensionId}/`),
    );
    return mine?.targetId ?? null;
  }

  /** Kills it; resolves when it is gone. */
  async kill(): Promise<void> {
    const targetId = await this.target();
    if (targetId === null) throw new Error("there is no worker to kill");
    await this.#chromium.cdp.send("Target.closeTarget", { targetId });
    await until("the worker is dead", async () => (await this.target()) !== targetId, 10, 20);
  }

  /**
   * Runs a function in the worker, which must be awake. The debugger is detached again at once: one that is
   * still attached when the worker is killed (as puppeteer's own worker handles are) makes Chromium's next
   * worker wait for it for ever.
   */
  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    const origin = `chrome-extension://${this.#chromium.extensionId}/`;
    const target = await this.#chromium.browser.waitForTarget(
      (candidate) => candidate.type() === "service_worker" && candidate.url().startsWith(origin),
      { timeout: 10_000 * PATIENCE },
    );
    const cdp = await target.createCDPSession();
    try {
      const { result, exceptionDetails } = await cdp.send("Runtime.evaluate", {
        expression: `(${run})(...${JSON.stringify(args)})`,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    } finally {
      await cdp.detach();
    }
  }

  /** From now on, remembers in which order the worker asks for writing transactions on a table. */
  async watchWrites(table: string): Promise<void> {
    await this.evaluate((watched) => {
      const seen = globalThis as { writesAsked?: number };
      seen.writesAsked = 0;
      const transaction = IDBDatabase.prototype.transaction;
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, stores, mode, options) {
        const names = typeof stores === "string" ? [stores] : [...stores];
        if (mode === "readwrite" && names.includes(watched)) seen.writesAsked = (seen.writesAsked ?? 0) + 1;
        return transaction.call(this, stores, mode, options);
      };
    }, table);
  }

  /** How many it asked for since. */
  writesAsked(): Promise<number> {
    return this.evaluate(() => (globalThis as { writesAsked?: number }).writesAsked ?? 0);
  }
}
