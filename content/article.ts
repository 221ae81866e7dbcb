/**
 * Readability, kept on a leash.
 *
 * It is the best extractor of those compared (F1 0.888 on 990 articles), but it works in one go, on a copy
 * of the document that it takes apart, and tries up to four times. On pages of a few thousand elements that
 * alone can be a task that one feels. So it watches the clock in the methods that its loops call and gives
 * up when its time is over. The public option `maxElemsToParse` only looks at the number of elements.
 *
 * The methods with `_` are not its public interface: the version is pinned in package.json, and
 * tests/content/manners.test.ts fails if the watch stops working.
 */

import { Readability } from "@mozilla/readability";
import { isHidden } from "./blocks.ts";

/** From here on Readability is not even tried. */
export const MAX_ELEMENTS = 8_000;
/** UTF-16 units: its regular expressions run over all text of an element at once, which no clock can interrupt. */
const MAX_LENGTH = 400_000;
/** For the copy and the reading together, ms. */
const TIME_MS = 30;
/** The clock is asked at every so many of the calls that are watched. */
const CALLS = 16;
/** Readings of one page: each further one is as long as the first, and lets more in that is no article. */
const ATTEMPTS = 2;
/**
 * What no article is made of, taken out of the copy before: the time goes by the number of elements. It is what
 * Readability takes out itself, only at its end; and pages whose article shares a box with such things are read better.
 */
const NOT_OF_AN_ARTICLE =
  "script, style, noscript, template, link, svg, iframe, object, embed, canvas, video, audio, picture, img, " +
  "button, input, select, textarea, nav, footer, aside, [hidden], [aria-hidden=true], [role=navigation], " +
  "[role=complementary], [role=menu], [role=menubar], [role=dialog], [role=alertdialog]";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Internals = Record<string, unknown>;
const WATCHED = [
  "_cleanConditionally",
  "_cleanStyles",
  "_forEachNode",
  "_getInnerText",
  "_getLinkDensity",
  "_getNextNode",
  "_getNodeAncestors",
  "_hasAncestorTag",
  "_hasSingleTagInsideElement",
  "_isElementWithoutContent",
  "_removeNodes",
  "_someNode",
];

/** The article in `page` as an element of a copy, or `null` if there is none or it took too long. */
export function findArticle(page: Document): Node | null {
  const end = performance.now() + TIME_MS;
  try {
    const copy = page.cloneNode(true) as Document;
    for (const other of copy.querySelectorAll(NOT_OF_AN_ARTICLE)) other.remove();
    if ((copy.documentElement.textContent?.length ?? 0) > MAX_LENGTH) return null;
    const reader = new Readability<Node>(copy, {
      charThreshold: 200,
      disableJSONLD: true,
      keepClasses: true,
      serializer: (article) => article,
    });
    lighten(reader as unknown as Internals, page.title);
    watch(reader as unknown as Internals, end);
    return reader.parse()?.content ?? null;
  } catch {
    // Out of time, or a document of a kind that Readability was not made for.
    return null;
  }
}

/** Takes away what is not needed for the text, or was done by the copy already. */
function lighten(reader: Internals, title: unknown): void {
  const nothing = () => {};
  // Pictures that wait in a <noscript>; absolute links and tidy class names; who wrote it.
  for (const name of ["_unwrapNoscriptImages", "_removeScripts", "_fixLazyImages", "_postProcessContent"])
    reader[name] = nothing;
  reader._isValidByline = () => false;
  // The title alone is used: headings that repeat it are left out.
  reader._getArticleMetadata = () => ({ title: typeof title === "string" ? title : "" });
  // As it does, without a style object for each element.
  reader._isProbablyVisible = (node: Element) => !isHidden(node);
  const removeFlag = reader._removeFlag as Method;
  let attempts = 1;
  reader._removeFlag = (...args: unknown[]) => {
    attempts += 1;
    if (attempts > ATTEMPTS) throw new Error("no article");
    return removeFlag.apply(reader, args);
  };
}

function watch(reader: Internals, end: number): void {
  let calls = 0;
  for (const name of WATCHED) {
    const method = reader[name] as Method;
    reader[name] = (...args: unknown[]) => {
      calls += 1;
      if (calls % CALLS === 0 && performance.now() > end) throw new Error("out of time");
      return method.apply(reader, args);
    };
  }
}
