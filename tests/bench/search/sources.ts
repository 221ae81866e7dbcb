// The real texts that everything is made of: saved web pages, abstracts, and what people's browsers kept of pages.
// They lie beside the project, as they are their publishers'.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { csv } from "../embed/corpus.ts";

const DATA = path.resolve(process.env.AFTERIMAGE_DATA ?? "../shared/data");
const FOLDERS = ["readability-test-pages", "scifact", "history-personas"];
/** Shorter pages were made to test an extractor, and are about nothing. */
const SHORTEST = 500;
const BLOCK_END = /<\/(p|div|li|h\d|td|tr|blockquote|pre|section|article|figcaption)>|<br\s*\/?>/gi;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " ", "#39": "'" };

/** A real document. */
export interface Source {
  readonly title: string;
  readonly text: string;
}

/** Why there is nothing to measure. */
export const NO_DATA = `bench search makes its pages of real ones: set AFTERIMAGE_DATA to a folder that holds ${FOLDERS.join(", ")}`;

export function hasData(): boolean {
  return FOLDERS.every((folder) => existsSync(path.join(DATA, folder)));
}

/** All documents, the kinds in turn, so that the first ones are a fair choice. */
export function documents(): Source[] {
  const kinds = [savedPages(), spread(abstracts(), 2000), spread(visits(), 2000)];
  const longest = Math.max(...kinds.map(({ length }) => length));
  return Array.from({ length: longest }, (_, n) => kinds.flatMap((kind) => kind[n] ?? [])).flat();
}

/** What people asked, the kinds in turn. */
export function realQuestions(count: number): string[] {
  const claims = lines("scifact/queries.jsonl").map((line): string => JSON.parse(line).text);
  const asked = personas().flatMap((folder) =>
    csv(read(`${folder}/query.csv`))
      .slice(1)
      .flatMap(([, question]) => question ?? []),
  );
  const kinds = [spread(claims, count), spread(asked, count)];
  return Array.from({ length: count }, (_, n) => kinds[n % 2]?.[n >> 1] ?? "").filter((text) => text !== "");
}

function savedPages(): Source[] {
  const folder = path.join(DATA, "readability-test-pages");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const { title } = JSON.parse(read(`readability-test-pages/${name}/expected-metadata.json`));
      return { title: title ?? name, text: plain(read(`readability-test-pages/${name}/expected.html`)) };
    })
    .filter(({ text }) => text.length >= SHORTEST && !text.includes("Lorem ipsum"));
}

function abstracts(): Source[] {
  return lines("scifact/corpus.jsonl").map((line): Source => JSON.parse(line));
}

function visits(): Source[] {
  return personas().flatMap((folder) =>
    csv(read(`${folder}/history.csv`))
      .slice(1)
      .map(([, title = "", text = ""]) => ({ title, text }))
      .filter(({ text }) => text !== ""),
  );
}

function personas(): string[] {
  return readdirSync(path.join(DATA, "history-personas"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `history-personas/${name}`)
    .sort();
}

/** At most `count` of them, from everywhere. */
function spread<Value>(all: readonly Value[], count: number): Value[] {
  const step = 7919;
  if (all.length % step === 0)
    throw new Error(`${all.length} texts cannot be gone through in steps of ${step}`);
  return Array.from({ length: Math.min(count, all.length) }, (_, n) => all[(n * step) % all.length] as Value);
}

/** The text of HTML, a block a line. */
function plain(html: string): string {
  return html
    .replace(BLOCK_END, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}

function lines(file: string): string[] {
  return read(file)
    .split("\n")
    .filter((line) => line !== "");
}

function read(file: string): string {
  return readFileSync(path.join(DATA, file), "utf8");
}
