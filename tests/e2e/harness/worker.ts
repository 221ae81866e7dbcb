// The extension's service worker, seen from outside: is it alive, kill it, run something in it.
//
// It is killed by closing its target, which takes everything in memory with it at once, as the browser does
// when 30 s have passed without an event.

import type { Chromium } from "./browser.ts";
import { until } from "./until.ts";

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

  /** Runs a function in the worker, which must be awake. */
  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    const id = this.#chromium.extensionId;
    const target = await this.#chromium.browser.waitForTarget(
      (candidate) =>
        candidate.type() === "service_worker" && candidate.url().startsWith(`chrome-extension://${id}/`),
      { timeout: 10_000 },
    );
    const worker = await target.worker();
    if (worker === null) throw new Error("the worker went away");
    // biome-ignore lint/suspicious/noExplicitAny: puppeteer's own types are wider than ours
    return worker.evaluate(run as (...args: any[]) => Result, ...args) as Promise<Awaited<Result>>;
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
