// `./build.sh bench size`: what people download and what their browsers compile.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { EXTENSION } from "../e2e/harness/paths.ts";
import { machine } from "./report/machine.ts";
import { Report, run } from "./report/report.ts";
import { table } from "./report/table.ts";

const [KB, MB] = [1e3, 1e6];
const GPU_MODULE = "webgpu.wasm";

/** A file of the extension, or the whole of it. */
interface Size {
  readonly what: string;
  readonly bytes: number;
  readonly gzipped: number;
}

await run(async () => {
  const report = new Report("size");
  const modules = readdirSync(path.join(EXTENSION, "wasm")).sort();
  const main = modules.filter((file) => file !== GPU_MODULE).map((file) => sizeOf(`wasm/${file}`));
  const gpu = sizeOf(`wasm/${GPU_MODULE}`);
  const content = sizeOf("content.js");
  const worker = sizeOf("background.js");
  const weights = weightFiles().map(sizeOf);
  const zip = packed();

  const rows = [...main, gpu, worker, content, ...weights];
  for (const row of rows) report.row(row);
  report.row({ what: "package (zip)", bytes: zip });
  const lines = rows.map(({ what, bytes, gzipped }) => [what, kb(bytes), kb(gzipped)]);
  report.print(table(["file", "KB", "gzipped KB"], [...lines, ["package (zip)", kb(zip), ""]]));

  if (main.length === 0) report.atMost("main module", undefined, 2.5, "MB");
  for (const { what, bytes, gzipped } of main) {
    report.atMost(what, bytes / MB, 2.5, "MB");
    report.atMost(`${what}, gzipped`, gzipped / KB, 900, "KB");
  }
  report.atMost(gpu.what, gpu.bytes / MB, 8, "MB");
  report.atMost("content script, gzipped", content.gzipped / KB, 20, "KB");
  report.atMost("package (zip)", zip / MB, 30, "MB");
  return report.finish(machine());
});

function sizeOf(file: string): Size {
  const bytes = readFileSync(path.join(EXTENSION, file));
  return { what: file, bytes: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}

function weightFiles(): string[] {
  return readdirSync(path.join(EXTENSION, "models"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".safetensors"))
    .map((file) => `models/${file}`);
}

/** The size of the package, made as `./build.sh package` makes it. */
function packed(): number {
  const folder = mkdtempSync(path.join(os.tmpdir(), "afterimage-zip-"));
  try {
    const zip = path.join(folder, "afterimage.zip");
    execFileSync("python3", ["tools/pack.py", EXTENSION, zip]);
    return statSync(zip).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kb(bytes: number): string {
  return (bytes / KB).toFixed(1);
}
