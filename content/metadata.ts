/**
 * What a page says of itself: title, language, canonical address. Each is a page's own claim, so each is
 * bounded and checked here and judged in the background.
 */

import { cap } from "./blocks.ts";

const MAX_TITLE_BYTES = 1_024;
const MAX_URL_LENGTH = 2_048;
/** No page has more robots tags for a reason. */
const MOST_TAGS = 10;

/** What goes with the text. */
export interface Metadata {
  title: string;
  language: string | null;
  canonical: string | null;
}

/** Reads the head of `page`. */
export function readMetadata(page: Document): Metadata {
  return { title: titleOf(page), language: languageOf(page), canonical: canonicalOf(page) };
}

/** Whether a robots tag asks that no copy be kept. */
export function asksNoArchive(page: Document): boolean {
  const tags = [...page.querySelectorAll('meta[name="robots" i][content]')].slice(0, MOST_TAGS);
  const said = tags.map((tag) => tag.getAttribute("content")?.slice(0, MAX_TITLE_BYTES) ?? "");
  return said.some((words) => /\b(noarchive|noindex|none)\b/i.test(words));
}

/** What `page` calls itself, white space made one space, bounded. */
export function titleOf(page: Document): string {
  // `page.title` may be an element of that name (DOM clobbering).
  const title: unknown = page.title;
  const said = typeof title === "string" ? title : (page.querySelector("head > title")?.textContent ?? "");
  // Bounded before anything else runs over it.
  return cap(said.slice(0, MAX_TITLE_BYTES), MAX_TITLE_BYTES).replace(/\s+/g, " ").trim();
}

function languageOf(page: Document): string | null {
  const said =
    page.documentElement.getAttribute("lang") ??
    page.querySelector('meta[http-equiv="content-language" i]')?.getAttribute("content") ??
    "";
  try {
    // Throws at what is no language tag; `en_GB` is a common slip.
    return Intl.getCanonicalLocales(said.trim().slice(0, 64).replaceAll("_", "-"))[0] ?? null;
  } catch {
    return null;
  }
}

function canonicalOf(page: Document): string | null {
  const link = page.querySelector('link[rel~="canonical" i][href]');
  if (!(link instanceof HTMLLinkElement)) return null;
  // `href` is absolute already.
  return /^https?:/.test(link.href) && link.href.length <= MAX_URL_LENGTH ? link.href : null;
}
