// Starts Chromium with the extension in a fresh profile, cut off from every network but our page server.

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import puppeteer, { type Browser, type CDPSession } from "puppeteer-core";
import { readTraffic, type Traffic } from "./network.ts";
import { CHROME, requireBuild } from "./paths.ts";
import { PATIENCE } from "./until.ts";

/** A flag that gives a software adapter for WebGPU where there is no graphics hardware. */
export const SOFTWARE_GPU = "--enable-unsafe-webgpu";

/** What may differ between runs. */
export interface LaunchOptions {
  /** The extension's folder. */
  extension: string;
  /** The page server's port. */
  port: number;
  /** A server that plays the hub of models. */
  hub?: { port: number; fingerprint: string };
  /** More command-line flags. */
  args?: string[];
  /** An X display to show windows on; without one there are none. */
  display?: string;
  /** Fills the fresh profile before the browser starts. */
  prepare?: (profile: string) => Promise<void>;
  /** Load the extension through CDP, allowed in private windows; only so can it be loaded once more. */
  inPrivateWindows?: boolean;
}

/** A running browser. */
export class Chromium {
  readonly browser: Browser;
  /** A CDP session with the browser as a whole. */
  readonly cdp: CDPSession;
  /** The extension's id. */
  readonly extensionId: string;
  readonly #profile: string;

  private constructor(browser: Browser, cdp: CDPSession, extensionId: string, profile: string) {
    this.browser = browser;
    this.cdp = cdp;
    this.extensionId = extensionId;
    this.#profile = profile;
  }

  /** Starts it and waits for the extension's worker. */
  static async launch(options: LaunchOptions): Promise<Chromium> {
    requireBuild();
    const profile = await mkdtemp(path.join(os.tmpdir(), "afterimage-profile-"));
    await options.prepare?.(profile);
    const byCdp = options.inPrivateWindows === true;
    const browser = await puppeteer.launch({
      executablePath: CHROME,
      userDataDir: profile,
      headless: options.display === undefined,
      pipe: true,
      defaultViewport: null,
      env: options.display === undefined ? process.env : { ...process.env, DISPLAY: options.display },
      ignoreDefaultArgs: ["--disable-extensions"],
      // A worker busy with a long page still answers in time.
      protocolTimeout: 120_000 * PATIENCE,
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        // Any name outside .test does not exist, ours are the page server: nothing can leave.
        `--host-resolver-rules=MAP *.test 127.0.0.1:${options.port}, ${hubRules(options.hub)}MAP * ~NOTFOUND`,
        ...(options.hub ? [`--ignore-certificate-errors-spki-list=${options.hub.fingerprint}`] : []),
        `--log-net-log=${path.join(profile, "network.json")}`,
        ...(byCdp
          ? ["--enable-unsafe-extension-debugging"]
          : [`--disable-extensions-except=${options.extension}`, `--load-extension=${options.extension}`]),
        ...(options.args ?? []),
      ],
    });
    const cdp = await browser.target().createCDPSession();
    if (byCdp) await loadUnpacked(cdp, options.extension);
    const worker = await browser.waitForTarget(
      (target) => target.type() === "service_worker" && target.url().startsWith("chrome-extension://"),
      { timeout: 30_000 * PATIENCE },
    );
    return new Chromium(browser, cdp, new URL(worker.url()).host, profile);
  }

  /** Ends it and tells what it did to the network. */
  async close(): Promise<Traffic> {
    await this.browser.close();
    const traffic = await readTraffic(path.join(this.#profile, "network.json"));
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
    return traffic;
  }
}

function hubRules(hub: LaunchOptions["hub"]): string {
  if (hub === undefined) return "";
  return ["huggingface.co", "*.hf.co"].map((host) => `MAP ${host} 127.0.0.1:${hub.port}, `).join("");
}

/** Loads an extension, allowed in private windows; to the browser, loading it once more is an update. */
export async function loadUnpacked(cdp: CDPSession, extension: string): Promise<void> {
  await cdp.send("Extensions.loadUnpacked", {
    path: extension,
    enableInIncognito: true,
  } as Parameters<typeof cdp.send<"Extensions.loadUnpacked">>[1]);
}
