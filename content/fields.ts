/**
 * Password and payment-card fields that a person can see. Pages that show one are not read.
 *
 * A card field is known by what browsers fill in (`autocomplete`), by the name that the site gave it, or by the frame of
 * a payment service that holds it. Names cannot be complete, so only those are here that hardly mean anything else.
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
/**
 * Frames of payment services that are card fields: nobody else sees into them, so where they come from is all that can
 * be asked. Services whose frames are also buttons on ordinary pages (PayPal, Google Pay) are not here.
 */
const SERVICES = [
  ".adyen.com/",
  ".authorize.net/",
  ".braintreegateway.com/",
  ".checkout.com/",
  ".cybersource.com/",
  ".datatrans.com/",
  "//buy.paddle.com/",
  "//checkout.paddle.com/",
  "//checkout.stripe.com/",
  "//js.mollie.com/",
  "//js.stripe.com/",
  ".pci.shopifyinc.com/",
  ".recurly.com/",
  ".saferpay.com/",
  ".shopifycs.com/",
  ".spreedly.com/",
  ".squarecdn.com/",
  ".worldpay.com/",
];
/** Stripe's buttons and lists of prices. */
const BUTTONS = [
  "/buy-button",
  "/elements-inner-express-checkout",
  "/elements-inner-payment-request",
  "/pricing-table",
];
const CARD_FRAME = `iframe:is(${having("src", SERVICES)}):not(${having("src", BUTTONS)})`;
const CARD = ["number", "csc", "exp", "exp-month", "exp-year", "name", "type"]
  .map((field) => `[autocomplete~="cc-${field}" i]`)
  .concat(CARD_FRAME)
  .join();
/** What every name below has in it. */
const PARTS = ["card", "cc", "csc", "cv"];
/** All of these and as few others as can be: handing one out takes longer than all that the browser asks of it here. */
const FIELDS = [
  `input:is([type="password" i], ${having("name", PARTS)}, ${having("id", PARTS)})`,
  `[autocomplete]:is(${having("autocomplete", [...PARTS, "password"])})`,
  CARD_FRAME,
].join();
/** Cards that have numbers and pay for nothing. */
const OTHER_CARDS = "gift|library|loyalty|member|membership|student";
/**
 * Card number or security code, in names that were cut into words. "Security code" alone is not here: that is also what
 * stands under comments, to tell people from programs.
 */
const CARD_NAME = new RegExp(
  `\\b(?:${[
    `(?<!\\b(?:${OTHER_CARDS}) )(?:bank|credit|debit|payment)?(?:card|cc) ?(?:number|num|no|nr)`,
    "(?:card|cc)?(?:csc|cvc|cvn|cvv)(?:code|number|num|no)?",
    "card ?(?:security|verification) ?(?:code|number|value)",
    "cc ?cid",
  ].join("|")})\\b`,
);
/** What one can type into. Check boxes and hidden inputs are named after cards, too. */
const TYPED = new Set(["number", "password", "tel", "text"]);
/** No form has more; a page that does must not cost more. */
const MOST_FIELDS = 50;

/** Looks for visible fields in the document and its shadow trees. */
export function visibleFields(roots: readonly (Document | ShadowRoot)[]): VisibleFields {
  const found = { visiblePassword: false, visibleCard: false };
  let looked = 0;
  for (const root of roots) {
    for (const field of root.querySelectorAll(FIELDS)) {
      const what = field.matches(PASSWORD) ? "visiblePassword" : "visibleCard";
      if (found[what] || (what === "visibleCard" && !isCard(field))) continue;
      looked += 1;
      // Too many to look at each: better not to read the page.
      if (looked > MOST_FIELDS || isVisible(field)) found[what] = true;
    }
  }
  return found;
}

/** Elements with one of these somewhere in an attribute. */
function having(attribute: string, parts: readonly string[]): string {
  return parts.map((part) => `[${attribute}*="${part}" i]`).join();
}

function isCard(field: Element): boolean {
  if (field.matches(CARD)) return true;
  if (field.localName !== "input" || !TYPED.has((field as HTMLInputElement).type)) return false;
  return ["name", "id", "autocomplete"].some((attribute) =>
    CARD_NAME.test(wordsOf(field.getAttribute(attribute) ?? "")),
  );
}

/** `cardNumber`, `card-number` and `card_number2` are the same two words. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^a-z]+/g, " ");
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
