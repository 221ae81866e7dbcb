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

/** So many elements take well under a millisecond. */
const ELEMENTS_A_STEP = 1_000;

/** Surveys `page`. */
export function* surveyPage(page: Document): Steps<Survey> {
  const survey: Survey = { elements: 0, roots: [page] };
  // `roots` grows while it is walked: a shadow tree may hold further ones.
  for (const root of survey.roots) {
    yield;
    const elements = root.querySelectorAll("*");
    survey.elements += elements.length;
    let step = 0;
    for (const { shadowRoot } of elements) {
      if (shadowRoot !== null) survey.roots.push(shadowRoot);
      step += 1;
      if (step % ELEMENTS_A_STEP === 0) yield;
    }
  }
  return survey;
}
