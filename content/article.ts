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

/** From here on Readability is not even tried. */
export const MAX_ELEMENTS = 8_000;
/** Its regular expressions run over all text of an element at once, which no clock can interrupt. */
export const MAX_LENGTH = 400_000;
/** For the copy and the reading together, ms. */
const TIME_MS = 35;

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Internals = Record<string, unknown> & { _postProcessContent: Method };
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
    const reader = new Readability<Node>(page.cloneNode(true) as Document, {
      charThreshold: 200,
      disableJSONLD: true,
      keepClasses: true,
      serializer: (article) => article,
    });
    watch(reader as unknown as Internals, end);
    return reader.parse()?.content ?? null;
  } catch {
    // Out of time, or a document of a kind that Readability was not made for.
    return null;
  }
}

function watch(reader: Internals, end: number): void {
  for (const name of WATCHED) {
    const method = reader[name] as Method;
    reader[name] = (...args: unknown[]) => {
      if (performance.now() > end) throw new Error("out of time");
      return method.apply(reader, args);
    };
  }
  // Absolute links and tidy class names: not needed for text.
  reader._postProcessContent = () => {};
}
