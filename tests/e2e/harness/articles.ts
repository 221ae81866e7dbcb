// Our own short articles (tests/pages/articles): a few passages each, so that a test waits for seconds.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { OWN_PAGES } from "./paths.ts";

/** Their names. */
export function articleNames(): string[] {
  return readdirSync(path.join(OWN_PAGES, "articles"))
    .filter((file) => file.endsWith(".html"))
    .map((file) => file.replace(/\.html$/, ""))
    .sort();
}

/** All of them as one page of a few dozen passages, which keeps a CPU busy for several seconds. */
export function longPage(): string {
  const bodies = articleNames().map((name) => {
    const html = readFileSync(path.join(OWN_PAGES, "articles", `${name}.html`), "utf8");
    return html.match(/<article>(.*)<\/article>/s)?.[1] ?? "";
  });
  return htmlPage("An almanac of many trades", bodies.join("\n"));
}

/** A page with an article in it. */
export function htmlPage(title: string, article: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><body><article>${article}</article></body></html>`;
}
