// A copy of the built extension in a temporary folder, changed for one test.
//
// The copy is real files, so that a test may take the weights away and put them back while the browser
// runs: an unpacked extension is read from its folder each time.

import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { EXTENSION, requireBuild } from "./paths.ts";

/** A changed copy of the extension. */
export class ExtensionCopy {
  /** Its folder. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Copies the built extension. */
  static async make(): Promise<ExtensionCopy> {
    requireBuild();
    const folder = path.join(await mkdtemp(path.join(os.tmpdir(), "afterimage-copy-")), "extension");
    await cp(EXTENSION, folder, { recursive: true });
    return new ExtensionCopy(folder);
  }

  /** Changes the manifest. */
  async editManifest(edit: (manifest: chrome.runtime.Manifest) => void): Promise<void> {
    const file = path.join(this.folder, "manifest.json");
    const manifest: chrome.runtime.Manifest = JSON.parse(await readFile(file, "utf8"));
    edit(manifest);
    await writeFile(file, JSON.stringify(manifest));
  }

  /** The file that holds the model's weights. */
  async weights(): Promise<string> {
    const files = await readdir(this.folder, { recursive: true });
    const found = files.filter((file) => file.endsWith(".safetensors"));
    const [only] = found;
    if (only === undefined || found.length > 1)
      throw new Error(`expected one .safetensors file in the extension, found ${found.length}`);
    return path.join(this.folder, only);
  }

  /** Takes the weights away, cuts them short or changes one byte; gives what puts them back. */
  async damageWeights(how: "missing" | "truncated" | "corrupted"): Promise<() => Promise<void>> {
    const file = await this.weights();
    const whole = await readFile(file);
    if (how === "missing") await rm(file);
    else if (how === "truncated") await writeFile(file, whole.subarray(0, Math.floor(whole.length / 2)));
    else {
      const changed = Buffer.from(whole);
      const middle = Math.floor((await stat(file)).size / 2);
      changed[middle] = (changed[middle] ?? 0) ^ 0xff;
      await writeFile(file, changed);
    }
    return () => writeFile(file, whole);
  }

  /** Removes the copy. */
  async remove(): Promise<void> {
    await rm(path.dirname(this.folder), { recursive: true, force: true });
  }
}
