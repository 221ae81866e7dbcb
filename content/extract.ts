/**
 * The text of a page worth remembering: one walk over the page in slices of its idle time, in which whole parts
 * are left out that say that they frame it (navigation, footer, asides, what is hidden); then of the lines those that
 * are what it is about.
 */

import { mainText, textOf } from "./article.ts";
import { cap, isHidden, type Kind, readBlocks } from "./blocks.ts";
import { inSlices, nextSlice } from "./idle.ts";
import { titleOf } from "./metadata.ts";

/**
 * What frames a page, or is not shown. One selector, which the browser tests in one go: five times faster than asking
 * for each attribute. What is `until-found` can be unfolded, and the browser's own search finds it.
 */
const FRAME = [
  "nav, footer, aside, dialog:not([open]), [aria-hidden=true], [hidden]:not([hidden=until-found i])",
  ...["alert", "alertdialog", "banner", "complementary", "contentinfo", "dialog", "menu", "menubar"].map(
    byRole,
  ),
  ...["navigation", "search", "toolbar"].map(byRole),
].join();
const MAYBE_FRAME = `${FRAME}, [style]`;
/** What a class or an id says of a part that is no part of the article: whole words, in any of the usual spellings. */
const BESIDE = new RegExp(
  `(?<![a-z])(${[
    "comments?|disqus|related|recommended|trending|sidebar|shar(e|ing)|social|newsletter|subscribe",
    "promo(tion)?|sponsor(ed)?|advert[a-z]*|ads?|breadcrumbs?|pagination|cookies?|consent|footer|menu|toolbar",
    "popup|modal|banner|byline|author|tags",
  ].join("|")})(?![a-z])`,
  "i",
);

/** Reads `page` in slices: one block a line, at most 256 KiB of UTF-8, well-formed. */
export async function extractText(page: Document, signal: AbortSignal): Promise<string> {
  // Not `page.body`: an element named "body" or "title" would stand in its place (DOM clobbering).
  const body = page.querySelector("body");
  if (body === null) return "";
  const isPlain = page.contentType.startsWith("text/") && page.contentType !== "text/html";
  const blocks = await inSlices(readBlocks(body, isPlain ? () => "plain" : kindOf), signal);
  await nextSlice(signal);
  return cap(isPlain ? textOf(blocks.lines) : mainText(blocks, titleOf(page)));
}

function byRole(role: string): string {
  return `[role=${role}]`;
}

function kindOf(element: Element, isBlock: boolean): Kind | null {
  if (element.matches(MAYBE_FRAME) && (element.matches(FRAME) || isHidden(element))) return null;
  if (!isBlock) return "plain";
  switch (element.localName) {
    case "article":
      return "article";
    case "main":
      return "main";
    // Inside an article or a section a header holds its heading.
    case "header":
      if (element.closest("article, main, section, [role=main]") === null) return null;
      break;
    // Some frameworks wrap the whole page in one form.
    case "form":
      if (element.querySelector("h1, h2, article, main, p") === null) return null;
  }
  if (element.getAttribute("role") === "main") return "main";
  const names = `${element.getAttribute("class") ?? ""} ${element.getAttribute("id") ?? ""}`;
  return names.length > 1 && BESIDE.test(names) ? "beside" : "plain";
}
