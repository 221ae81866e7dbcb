/**
 * Password and payment-card fields that a person can see. Pages that show one are not read.
 *
 * Many ordinary pages carry a hidden login form, so that a field exists says nothing; it must be visible.
 * Styles and boxes are asked for the few fields found, never for the page. A field further down the page
 * counts: one can scroll to it. One moved out at the left or the top does not, nor one that is clipped away
 * by a collapsed menu.
 */

/** Which fields can be seen. */
export interface VisibleFields {
  visiblePassword: boolean;
  visibleCard: boolean;
}

// `autocomplete` also betrays a password field whose "show" button has turned it into a text field.
const PASSWORD = [
  'input[type="password" i]',
  'input[autocomplete~="current-password" i]',
  'input[autocomplete~="new-password" i]',
].join();
const CARD = ["number", "csc", "exp", "exp-month", "exp-year", "name", "type"]
  .map((field) => `[autocomplete~="cc-${field}" i]`)
  .join();
/** All of these and a few more, found in half the time. */
const FIELDS = 'input[type="password" i], [autocomplete]';
/** No form has more; a page that does must not cost more. */
const MOST_FIELDS = 50;

/** Looks for visible fields in the document and its shadow trees. */
export function visibleFields(roots: readonly (Document | ShadowRoot)[]): VisibleFields {
  const found = { visiblePassword: false, visibleCard: false };
  let looked = 0;
  for (const root of roots) {
    for (const field of root.querySelectorAll(FIELDS)) {
      const what = field.matches(PASSWORD) ? "visiblePassword" : "visibleCard";
      if (found[what] || (what === "visibleCard" && !field.matches(CARD))) continue;
      looked += 1;
      // Too many to look at each: better not to read the page.
      if (looked > MOST_FIELDS || isVisible(field)) found[what] = true;
    }
  }
  return found;
}

function isVisible(field: Element): boolean {
  if (!field.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
  const box = field.getBoundingClientRect();
  if (isTiny(box) || box.right + scrollX <= 0 || box.bottom + scrollY <= 0) return false;
  // A drawer that waits beyond the right edge, where one cannot scroll.
  if (box.left + scrollX >= document.documentElement.scrollWidth) return false;
  for (let around = parentOf(field); around !== null; around = parentOf(around)) {
    if (getComputedStyle(around).overflow !== "visible" && isTiny(around.getBoundingClientRect()))
      return false;
  }
  return true;
}

function isTiny(box: DOMRect): boolean {
  return box.width < 2 || box.height < 2;
}

/** The element around, out of a shadow tree too; `null` at the body, whose overflow is the window's. */
function parentOf(element: Element): Element | null {
  const root = element.getRootNode();
  const parent = element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  return parent === document.body ? null : parent;
}
