// A plain page in a Chromium of its own, with a script of ours in it and nothing but loopback around it.

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { CHROME } from "../../e2e/harness/paths.ts";
import { ServiceWorker } from "./service-worker.ts";
import { Site } from "./site.ts";

const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';

/** What may differ between benchmarks. */
export interface PageOptions {
  /** The script, a TypeScript file relative to the project's root. */
  script: string;
  /** More scripts, for workers: TypeScript files by the path under which the page finds them. */
  workers?: Record<string, string>;
  /** Folders that the page may fetch and import from, by the first part of the path. */
  folders: Record<string, string>;
  /** More command-line flags. */
  args?: string[];
}

/** A page that is open. */
export class BenchPage {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #site: Site;
  readonly #profile: string;

  private constructor(page: Page, browser: Browser, site: Site, profile: string) {
    this.page = page;
    this.#browser = browser;
    this.#site = site;
    this.#profile = profile;
  }

  static async open({ script, workers = {}, folders, args = [] }: PageOptions): Promise<BenchPage> {
    const served = Object.keys(folders).map((folder) => `/${folder}/*`);
    const files: Record<string, string> = { "/page.html": PAGE, "/page.js": await bundle(script, served) };
    for (const [where, worker] of Object.entries(workers)) files[where] = await bundle(worker, served);
    const site = await Site.start({ folders, files });
    const profile = await mkdtemp(path.join(os.tmpdir(), "afterimage-bench-"));
    const browser = await puppeteer.launch({
      executablePath: CHROME,
      userDataDir: profile,
      headless: true,
      pipe: true,
      // One call may run a slow contender over all passages.
      protocolTimeout: 30 * 60_000,
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ...args,
      ],
    });
    const page = await browser.newPage();
    page.on("pageerror", (error) => process.stderr.write(`in the page: ${error}\n`));
    await page.goto(`${site.origin}/page.html`);
    return new BenchPage(page, browser, site, profile);
  }

  /** The browser's name and version. */
  version(): Promise<string> {
    return this.#browser.version();
  }

  /** The page's service worker, if it has one by then. */
  async serviceWorker(): Promise<ServiceWorker> {
    return ServiceWorker.of(this.#browser, await this.page.createCDPSession());
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#site.stop();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is imported from `served` stays an import. */
async function bundle(script: string, served: string[]): Promise<string> {
  const result = await build({
    entryPoints: [script],
    bundle: true,
    external: served,
    write: false,
    format: "esm",
    target: "chrome124",
    charset: "utf8",
  });
  return result.outputFiles[0]?.text ?? "";
}
