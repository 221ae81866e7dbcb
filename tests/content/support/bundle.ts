/** Bundles parts of `content/` as tools/bundle.mjs does, in memory. */

import path from "node:path";
import { build } from "esbuild";

/** The project's root: tests are run from there. */
export const ROOT = process.cwd();

/** The content script as it ships. */
export function contentScript(): Promise<string> {
  return bundle('import "./content/main.ts";');
}

/** The extraction alone: gives its world a function `extract()`. */
export function extraction(): Promise<string> {
  return bundle(`
    import { extractText } from "./content/extract.ts";
    import { inSlices } from "./content/idle.ts";
    import { surveyPage } from "./content/survey.ts";
    globalThis.extract = async () => {
      const { signal } = new AbortController();
      const survey = await inSlices(surveyPage(document), signal);
      return { elements: survey.elements, text: await extractText(document, signal) };
    };`);
}

/** The look for secret fields alone: gives its world a function `fields()`. */
export function fieldSearch(): Promise<string> {
  return bundle(`
    import { visibleFields } from "./content/fields.ts";
    globalThis.fields = () => visibleFields([document]);`);
}

/** Readability as its authors offer it: gives a world a function `readable()`, which keeps what it found in `article`. */
export function rawReadability(): Promise<string> {
  return bundle(`
    import { Readability } from "@mozilla/readability";
    globalThis.readable = () => {
      globalThis.article = new Readability(document.cloneNode(true)).parse();
    };`);
}

async function bundle(contents: string): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome124", "firefox140"],
    absWorkingDir: path.resolve(ROOT),
  });
  return result.outputFiles[0]?.text ?? "";
}
