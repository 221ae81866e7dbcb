/**
 * What a page is made of, before anything is read: how large it is and which shadow trees it has.
 *
 * One pass over the elements without any style or layout. `querySelectorAll` does not look into shadow trees,
 * and a login form made of web components is a login form all the same, so they are collected here.
 */

import type { Steps } from "./idle.ts";

/** The size and the trees of a page. */
export interface Survey {
  /** Elements, those in open shadow trees included. */
  elements: number;
  /** The document and every open shadow root in it. */
  roots: (Document | ShadowRoot)[];
}

/** The frequent elements that cannot have a shadow tree (DOM standard, "valid shadow host name"): asking each takes long. */
const MAYBE_HOSTS =
  ":not(a, abbr, b, br, button, dd, dl, dt, em, figcaption, figure, g, hr, i, iframe, img, input, label, li, link, " +
  "meta, noscript, ol, option, path, picture, script, small, source, strong, style, sub, sup, svg, table, tbody, td, " +
  "th, time, tr, ul, use)";
/** So many elements take well under a millisecond. */
const ELEMENTS_A_STEP = 1_000;

/** Surveys `page`. */
export function* surveyPage(page: Document): Steps<Survey> {
  const survey: Survey = { elements: 0, roots: [page] };
  // `roots` grows while it is walked: a shadow tree may hold further ones.
  for (const root of survey.roots) {
    yield;
    survey.elements += root.querySelectorAll("*").length;
    let step = 0;
    for (const { shadowRoot } of root.querySelectorAll(MAYBE_HOSTS)) {
      if (shadowRoot !== null) survey.roots.push(shadowRoot);
      step += 1;
      if (step % ELEMENTS_A_STEP === 0) yield;
    }
  }
  return survey;
}
