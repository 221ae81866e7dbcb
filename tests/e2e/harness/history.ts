// A profile in which much was read before: its history is written into its file, as the extension API gives an address
// no title.

import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import puppeteer from "puppeteer-core";
import { CHROME } from "./paths.ts";

/** An address in the history. */
export interface Visited {
  url: string;
  title: string;
  /** ms since the epoch. */
  seenAt: number;
  visits: number;
}

/** Gives a fresh profile this history. */
export async function fillHistory(profile: string, visited: readonly Visited[]): Promise<void> {
  // The browser makes the tables, so that they are those of its version.
  const browser = await puppeteer.launch({
    executablePath: CHROME,
    userDataDir: profile,
    pipe: true,
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
  });
  await browser.close();
  const file = path.join(profile, "Default", "History");
  const script = path.resolve("tests/e2e/harness/history.py");
  await new Promise<void>((resolve, reject) => {
    const python = spawn("python3", [script, file], { stdio: ["pipe", "inherit", "inherit"] });
    python.once("error", reject);
    python.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`history.py ended with ${code}`));
    });
    python.stdin.end(JSON.stringify(visited));
  });
  // Written behind its back.
  await rm(`${file}-journal`, { force: true });
}
