/**
 * What a page is made of, before anything is read: how large it is and which shadow trees it has.
 *
 * One pass over the nodes without any style or layout. `querySelectorAll` does not look into shadow trees,
 * and a login form made of web components is a login form all the same, so they are collected here.
 */

import type { Steps } from "./idle.ts";

/** The size and the trees of a page. */
export interface Survey {
  /** Elements, those in open shadow trees included. */
  elements: number;
  /** UTF-16 units of text, that of scripts and styles left out. */
  textLength: number;
  /** The document and every open shadow root in it. */
  roots: (Document | ShadowRoot)[];
}

/** So many nodes take well under a millisecond. */
const NODES_A_STEP = 500;

/** Surveys `page`. */
export function* surveyPage(page: Document): Steps<Survey> {
  const survey: Survey = { elements: 0, textLength: 0, roots: [page] };
  let nodes = 0;
  // `roots` grows while it is walked: a shadow tree may hold further ones.
  for (const root of survey.roots) {
    const walker = page.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Text) {
        const parent = node.parentNode?.nodeName;
        if (parent !== "SCRIPT" && parent !== "STYLE") survey.textLength += node.length;
      } else {
        survey.elements += 1;
        const shadow = (node as Element).shadowRoot;
        if (shadow !== null) survey.roots.push(shadow);
      }
      nodes += 1;
      if (nodes % NODES_A_STEP === 0) yield;
    }
  }
  return survey;
}
