/**
 * An isolated world in a page: where a browser runs content scripts. It shares the page's DOM, not its
 * globals. The test plays the background in it.
 */

import type { CDPSession, Page } from "puppeteer-core";
import type { Envelope } from "../../../messages/messages.ts";

/**
 * The background as the script sees it, made of source text because it runs in the page. `answers` is what
 * each call gets, in order; the last one stays in force. A string is an error that is thrown.
 */
const BACKGROUND = (answers: unknown[]) => `
  globalThis.sent = [];
  globalThis.sentAt = [];
  globalThis.answers = ${JSON.stringify(answers)};
  globalThis.chrome = { runtime: { id: "test", sendMessage: async (envelope) => {
    sentAt.push(performance.now());
    sent.push(JSON.parse(JSON.stringify(envelope)));
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === "string") throw new Error(answer);
    return answer ?? (envelope.request.type === "offer"
      ? { ok: { type: "wanted", skip: null, level: "full" } }
      : { ok: { type: "captured", outcome: "queued" } });
  } } };`;

/** One isolated world. */
export class World {
  readonly #session: CDPSession;
  readonly #contextId: number;

  private constructor(session: CDPSession, contextId: number) {
    this.#session = session;
    this.#contextId = contextId;
  }

  /** Makes a world in `frameId` of `page`, by default in its top frame. */
  static async in(page: Page, answers: unknown[] = [null], frameId?: string): Promise<World> {
    const session = await page.createCDPSession();
    const top = (await session.send("Page.getFrameTree")).frameTree.frame.id;
    const { executionContextId } = await session.send("Page.createIsolatedWorld", {
      frameId: frameId ?? top,
      worldName: "afterimage",
    });
    const world = new World(session, executionContextId);
    await world.run(BACKGROUND(answers));
    return world;
  }

  /** Runs source text; gives what it evaluates to. */
  async run<T>(source: string): Promise<T> {
    const { result, exceptionDetails } = await this.#session.send("Runtime.evaluate", {
      expression: source,
      contextId: this.#contextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  /** All that was sent so far. */
  sent(): Promise<Envelope[]> {
    return this.run("sent");
  }

  /** Waits until `count` captures were sent, at most `ms`; gives those there are. */
  async captures(count: number, ms = 20_000): Promise<Extract<Envelope["request"], { type: "capture" }>[]> {
    const end = Date.now() + ms;
    for (;;) {
      const captures = (await this.sent()).flatMap(({ request }) =>
        request.type === "capture" ? [request] : [],
      );
      if (captures.length >= count || Date.now() > end) return captures;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
