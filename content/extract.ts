/**
 * The text of a page worth remembering.
 *
 * An article by Readability; what has no article (lists, forums, applications), or is too large for it, by
 * leaving out what frames a page: navigation, header, footer, asides, forms, what is hidden.
 */

import { findArticle, MAX_ELEMENTS } from "./article.ts";
import { isHidden, readBlocks } from "./blocks.ts";
import { inSlices, nextSlice } from "./idle.ts";
import type { Survey } from "./survey.ts";

/** Less than this, UTF-16 units, is a teaser or a cookie notice rather than an article. */
const SHORT = 250;
/** What is at least so long, UTF-16 units, is certainly what the page is about. */
const LONG = 2_000;
/** A main part below one in this many of the whole is not believed. */
const MAIN_SHARE = 4;
const FRAME_ELEMENTS = new Set(["nav", "footer", "aside"]);
const FRAME_ROLES = new Set([
  "alert",
  "alertdialog",
  "banner",
  "complementary",
  "contentinfo",
  "dialog",
  "menu",
  "menubar",
  "navigation",
  "search",
  "toolbar",
]);

/** Reads `page` in slices: one block a line, at most 256 KiB of UTF-8, well-formed. */
export async function extractText(page: Document, survey: Survey, signal: AbortSignal): Promise<string> {
  // Not `page.body`: an element named "body" or "title" would stand in its place (DOM clobbering).
  const body = page.querySelector("body");
  if (body === null) return "";
  if (page.contentType.startsWith("text/") && page.contentType !== "text/html") {
    return inSlices(
      readBlocks(body, () => true),
      signal,
    );
  }

  let best = "";
  if (survey.elements <= MAX_ELEMENTS) {
    // A slice of its own: this is the longest single piece of work.
    await nextSlice(signal);
    const article = findArticle(page);
    if (article !== null) {
      best = await inSlices(
        readBlocks(article, () => true),
        signal,
      );
    }
  }
  if (best.length >= SHORT) return best;

  const main = mainPart(page);
  const fromMain = main === null ? "" : await inSlices(readBlocks(main, isContent, true), signal);
  if (fromMain.length >= LONG) return fromMain;
  const fromBody = await inSlices(readBlocks(body, isContent, true), signal);
  // A page may call a small part of itself the main one; but where it is most of the page, it is cleaner.
  const stripped = fromBody.length > fromMain.length * MAIN_SHARE ? fromBody : fromMain;
  return stripped === "" ? best : stripped;
}

/** The part of the page that says itself that it is the main one. */
function mainPart(page: Document): Element | null {
  const main = page.querySelector("main, [role=main]");
  if (main !== null) return main;
  // Several articles are a list, and no single one of them is the page.
  const articles = page.querySelectorAll("article");
  return articles.length === 1 ? (articles[0] ?? null) : null;
}

function isContent(element: Element): boolean {
  const name = element.localName;
  if (FRAME_ELEMENTS.has(name)) return false;
  // Inside an article or a section a header holds its heading.
  if (name === "header") return element.closest("article, main, section, [role=main]") !== null;
  if (name === "dialog") return element.hasAttribute("open");
  // Some frameworks wrap the whole page in one form.
  if (name === "form") return element.querySelector("h1, h2, article, main, p") !== null;
  const role = element.getAttribute("role");
  if (role !== null && FRAME_ROLES.has(role)) return false;
  if (element.getAttribute("aria-hidden") === "true") return false;
  const hidden = element.getAttribute("hidden");
  // `until-found` is what one can unfold and the browser's own search finds.
  if (hidden !== null && hidden !== "until-found") return false;
  return !isHidden(element);
}
