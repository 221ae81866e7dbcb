// One browser with the extension, one page server, and what every run must hold: nothing left the machine.

import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import type { Settings } from "../../../messages/messages.ts";
import { Chromium, type LaunchOptions } from "./browser.ts";
import { Extension } from "./extension.ts";
import type { Traffic } from "./network.ts";
import { PageServer } from "./pages.ts";
import { EXTENSION } from "./paths.ts";
import { PATIENCE, until } from "./until.ts";
import { Worker } from "./worker.ts";

/** What may differ between sessions. */
export interface SessionOptions extends Partial<Omit<LaunchOptions, "port">> {
  /** Settings to begin with; by default the welcome page was answered with yes and the CPU embeds. */
  settings?: Partial<Settings>;
}

/** When a page counts as opened; the time is for pages of megabytes on a busy machine. */
const LOADED = { waitUntil: "domcontentloaded", timeout: 120_000 * PATIENCE } as const;

/** A running session. */
export class Session {
  readonly chromium: Chromium;
  readonly server: PageServer;
  readonly extension: Extension;
  readonly worker: Worker;

  private constructor(chromium: Chromium, server: PageServer, extension: Extension) {
    this.chromium = chromium;
    this.server = server;
    this.extension = extension;
    this.worker = new Worker(chromium);
  }

  /** Starts everything. */
  static async start(options: SessionOptions = {}): Promise<Session> {
    const { settings, ...launch } = options;
    const server = await PageServer.start();
    let chromium: Chromium | undefined;
    try {
      chromium = await Chromium.launch({ extension: EXTENSION, ...launch, port: server.port });
      const extension = await Extension.open(chromium);
      await extension.configure({ consent: true, ...settings });
      return new Session(chromium, server, extension);
    } catch (error) {
      await chromium?.close();
      await server.stop();
      throw error;
    }
  }

  /** Ends everything; fails if the extension asked for anything or anything left the machine. */
  async close(): Promise<Traffic> {
    const traffic = await this.chromium.close();
    await this.server.stop();
    assert.deepEqual(traffic.fromExtension, [], "the extension made network requests");
    assert.deepEqual(traffic.outside, [], "something left the machine");
    assert.ok(traffic.requests > 0, "the network log was not kept");
    return traffic;
  }

  /** Opens an address in a window of its own, where it stays visible whatever else is opened. */
  async open(url: string): Promise<Page> {
    const page = await this.chromium.browser.newPage({ type: "window" });
    await page.goto(url, LOADED);
    return page;
  }

  /** Opens an address that no server plays: the browser is answered before it asks the network. */
  async openAs(url: string, html: string): Promise<Page> {
    const page = await this.chromium.browser.newPage({ type: "window" });
    await page.setRequestInterception(true);
    page.on("request", (request) => void request.respond({ contentType: "text/html", body: html }));
    await page.goto(url, LOADED);
    return page;
  }

  /** Opens a page that was not seen before and waits until its text has arrived; the window stays open. */
  async read(url: string): Promise<Page> {
    const before = await this.arrived();
    const page = await this.open(url);
    await until(`the text of ${url} arrived`, async () => (await this.arrived()) > before, 30);
    return page;
  }

  /** Reads many new pages, four windows at a time, and waits until the text of each has arrived. */
  async readAll(urls: readonly string[], onRead?: (done: number) => void): Promise<void> {
    const windows = await Promise.all(
      urls.slice(0, 4).map(() => this.chromium.browser.newPage({ type: "window" })),
    );
    for (let at = 0; at < urls.length; at += windows.length) {
      const batch = urls.slice(at, at + windows.length);
      const before = await this.arrived();
      await Promise.all(batch.map((url, i) => windows[i]?.goto(url, LOADED)));
      await until(
        `the texts of ${batch.join(", ")} arrived`,
        async () => (await this.arrived()) >= before + batch.length,
        60,
      );
      onRead?.(at + batch.length);
    }
    await Promise.all(windows.map((page) => page.close()));
  }

  /** Closes every window but the one from which the extension is asked, whatever a test left open. */
  async tidy(): Promise<void> {
    const pages = await this.chromium.browser.pages();
    const others = pages.filter((page) => page !== this.extension.page && page.url() !== "about:blank");
    await Promise.all(others.map((page) => page.close().catch(() => undefined)));
  }

  /** Pages whose text the extension has, indexed or not. */
  async arrived(): Promise<number> {
    const { pages, queued } = await this.extension.state();
    return pages + queued;
  }
}
