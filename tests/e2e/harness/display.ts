// A display that nobody looks at (Xvfb), with real keys and a real pointer (xdotool).

import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { sleep } from "./until.ts";

const run = promisify(execFile);

/** A running display. */
export class Display {
  /** Its name, such as `:99`. */
  readonly name: string;
  readonly #stop: () => void;

  private constructor(name: string, stop: () => void) {
    this.name = name;
    this.#stop = stop;
  }

  /** Starts one with a number that nobody uses. */
  static async start(): Promise<Display> {
    const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const number = await new Promise<string>((resolve, reject) => {
      server.once("error", () => reject(new Error("Xvfb does not start: install it (apt-get install xvfb)")));
      server.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
      let said = "";
      server.stdio[3]?.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        if (said.endsWith("\n")) resolve(said.trim());
      });
    });
    return new Display(`:${number}`, () => server.kill());
  }

  /** Presses keys together, such as `alt+shift+f`. */
  async press(keys: string): Promise<void> {
    await this.#xdotool("key", "--clearmodifiers", keys);
  }

  /** Types a text as a person would, key by key. */
  async type(text: string): Promise<void> {
    await this.#xdotool("type", "--delay", "40", text);
  }

  /** Moves the pointer and clicks: 1 is the left button, 3 the right one. */
  async click(x: number, y: number, button: 1 | 3 = 1): Promise<void> {
    await this.#xdotool("mousemove", String(x), String(y));
    await this.#xdotool("click", String(button));
    await sleep(300);
  }

  /** Ends it. */
  stop(): void {
    this.#stop();
  }

  async #xdotool(...args: string[]): Promise<void> {
    try {
      await run("xdotool", args, { env: { ...process.env, DISPLAY: this.name } });
    } catch (error) {
      const why = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw why ? new Error("xdotool is missing: install it (apt-get install xdotool)") : error;
    }
  }
}
