// Bundles the browser-side code: one folder that Chrome or Firefox can load as it stands.
//
//   node tools/bundle.mjs OUT_DIR [--dev] [--firefox]   the extension, without WASM modules and weights
//   node tools/bundle.mjs --tests OUT_DIR               tests/<folder>/*.ts as .mjs for `node --test`
//
// esbuild's own API and no plugins: the whole build stays readable and takes well under a second.
// The scripts of an extension page are found in its HTML, so a new page needs no change here.

import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const USAGE =
  "usage: node tools/bundle.mjs OUT_DIR [--dev] [--firefox], or node tools/bundle.mjs --tests OUT_DIR";
/** The oldest browsers that manifest.json accepts. */
const TARGET = ["chrome124", "firefox140"];
const STATIC_FILES = new Set([".png", ".svg"]);

/** Something is missing or wrong that a person can put right; its message is all they need. */
class InputError extends Error {}

async function main() {
  const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
  const [outDir, ...rest] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const known = flags.every((flag) => ["--dev", "--firefox", "--tests"].includes(flag));
  if (outDir === undefined || rest.length > 0 || !known) throw new InputError(USAGE);
  if (!existsSync(path.join(ROOT, "node_modules/esbuild"))) {
    throw new InputError(
      "The npm packages are not installed: run `npm ci --ignore-scripts` in the project's root.",
    );
  }
  // Imported late, so that the sentence above can be said when it is not there.
  const { build, transform } = await import("esbuild");
  const out = path.resolve(outDir);
  if (flags.includes("--tests")) await bundleTests(build, out);
  else
    await bundleExtension({ build, transform }, out, {
      dev: flags.includes("--dev"),
      firefox: flags.includes("--firefox"),
    });
}

async function bundleExtension({ build, transform }, out, { dev, firefox }) {
  const shared = {
    absWorkingDir: ROOT,
    bundle: true,
    minify: !dev,
    sourcemap: dev ? "inline" : false,
    target: TARGET,
    charset: "utf8",
    legalComments: "eof",
    logLevel: "silent",
    metafile: true,
  };
  const manifest = deriveManifest(JSON.parse(await readInput("manifest.json")), firefox);
  const extensionFiles = await filesUnder("extension");
  const pageScripts = await scriptsOfPages(extensionFiles);

  const results = [
    await build({
      ...shared,
      entryPoints: [{ in: input("background/worker/main.ts"), out: "background" }],
      outdir: out,
      format: "esm",
    }),
    // A content script is a classic script: an IIFE keeps its names to itself.
    await build({
      ...shared,
      entryPoints: [{ in: input("content/main.ts"), out: "content" }],
      outdir: out,
      format: "iife",
    }),
  ];
  if (pageScripts.length > 0) {
    results.push(
      await build({
        ...shared,
        entryPoints: pageScripts.map((script) => ({
          in: input(script),
          out: withoutExtension("extension", script),
        })),
        outdir: out,
        format: "esm",
      }),
    );
  }

  for (const file of extensionFiles) {
    const inside = path.relative("extension", file);
    if (file.endsWith(".html")) await writePage(transform, file, path.join(out, inside), dev);
    else if (STATIC_FILES.has(path.extname(file)) || inside.startsWith(`_locales${path.sep}`)) {
      await cp(path.join(ROOT, file), path.join(out, inside));
    }
  }
  await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyLicences(results, out);
}

/** A page with one sheet instead of several: each file that it waits for is some 10 ms until the popup can be used. */
async function writePage(transform, page, out, dev) {
  const links = /[ \t]*<link rel="stylesheet" href="([^"]+)">\n/g;
  const html = await readInput(page);
  const sheets = await Promise.all(
    [...html.matchAll(links)].map(([, href]) => readInput(path.join(path.dirname(page), href))),
  );
  const sheet = out.replace(/\.html$/, ".css");
  const { code } = await transform(sheets.join("\n"), { loader: "css", minify: !dev, target: TARGET });
  let linked = false;
  const withOne = html.replace(links, () => {
    if (linked) return "";
    linked = true;
    return `    <link rel="stylesheet" href="${path.basename(sheet)}">\n`;
  });
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(sheet, code);
  await writeFile(out, withOne);
}

/** The one manifest holds what both browsers need; each gets a copy without the other's keys. */
function deriveManifest(manifest, firefox) {
  if (firefox) {
    delete manifest.background?.service_worker;
    delete manifest.minimum_chrome_version;
    if (manifest.side_panel !== undefined) {
      // The same page under Firefox's name; it must not open by itself at the installation, as it would there.
      manifest.sidebar_action = {
        default_panel: manifest.side_panel.default_path,
        default_title: manifest.name,
        default_icon: manifest.icons,
        open_at_install: false,
      };
      delete manifest.side_panel;
    }
    manifest.permissions = manifest.permissions?.filter((name) => name !== "favicon" && name !== "sidePanel");
  } else {
    delete manifest.background?.scripts;
    delete manifest.browser_specific_settings;
  }
  return manifest;
}

/** The TypeScript behind each `<script src="….js">` of the extension's pages, relative to the root. */
async function scriptsOfPages(extensionFiles) {
  const scripts = new Set();
  for (const page of extensionFiles.filter((file) => file.endsWith(".html"))) {
    const html = await readFile(path.join(ROOT, page), "utf8");
    for (const [, src] of html.matchAll(/<script\b[^>]*\bsrc="([^"]+)\.js"/g)) {
      const base = src.startsWith("/") ? "extension" : path.dirname(page);
      scripts.add(path.normalize(path.join(base, `${src}.ts`)));
    }
  }
  return [...scripts].sort();
}

/** The licence of every npm package that went into a bundle: Apache-2.0 and MIT both ask for it. */
async function copyLicences(results, out) {
  const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
  const packages = new Set(
    inputs.flatMap((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []),
  );
  for (const name of packages) {
    const folder = path.join(ROOT, "node_modules", name);
    const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined)
      throw new InputError(`The npm package ${name} is bundled but holds no licence file.`);
    await mkdir(path.join(out, "licences"), { recursive: true });
    await cp(
      path.join(folder, licence),
      path.join(out, "licences", `${name.replace(/^@/, "").replace("/", "-")}.txt`),
    );
  }
}

/** Every script directly in a folder of tests/ is an entry; what they share lies one folder deeper. */
async function bundleTests(build, out) {
  const entries = (await filesUnder("tests")).filter(
    (file) => file.split(path.sep).length === 3 && file.endsWith(".ts") && !file.endsWith(".d.ts"),
  );
  if (entries.length === 0) throw new InputError("There is no tests/<folder>/*.ts to bundle.");
  await build({
    absWorkingDir: ROOT,
    bundle: true,
    entryPoints: entries.map((file) => ({ in: input(file), out: withoutExtension("tests", file) })),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    platform: "node",
    target: "node20",
    // Installed packages are imported at run time, from the node_modules above OUT_DIR.
    packages: "external",
    sourcemap: "inline",
    charset: "utf8",
    logLevel: "silent",
  });
}

/** The files below `folder` (relative to the root), each relative to the root, in a stable order. */
async function filesUnder(folder) {
  const entries = await readdir(path.join(ROOT, input(folder)), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

function withoutExtension(folder, file) {
  return path.relative(folder, file).replace(/\.ts$/, "");
}

function input(file) {
  if (!existsSync(path.join(ROOT, file))) throw new InputError(`${file} is missing: the bundle needs it.`);
  return file;
}

async function readInput(file) {
  return readFile(path.join(ROOT, input(file)), "utf8");
}

/** esbuild's own error lists are precise; one line each is enough. */
function explain(error) {
  if (error instanceof InputError) return error.message;
  if (error instanceof SyntaxError) return `manifest.json is not valid JSON: ${error.message}`;
  if (Array.isArray(error?.errors)) {
    return error.errors
      .map(({ location, text }) => (location ? `${location.file}:${location.line}: ${text}` : text))
      .join("\n");
  }
  return String(error?.stack ?? error);
}

try {
  await main();
} catch (error) {
  console.error(`bundle: ${explain(error)}`);
  process.exitCode = 1;
}
