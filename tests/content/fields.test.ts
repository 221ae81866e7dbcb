/** Which fields and frames count as those for payment cards, and that no other page pays for the look with layout. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { fieldSearch } from "./support/bundle.ts";
import { type Chromium, startChromium } from "./support/chromium.ts";
import { type Site, serve } from "./support/site.ts";
import { World } from "./support/world.ts";

/** Names of fields as sites write them. */
const CARDS = [
  "cardnumber",
  "card-number",
  "card_number",
  "cardNumber",
  "CardNo",
  "card_num2",
  "creditCardNumber",
  "creditcardnumber",
  "payment[cc_number]",
  "payment[cc_cid]",
  "ccnumber",
  "cc-number",
  "ctl00$txtCCNumber",
  "checkout.card.number",
  "cvv",
  "CVV2",
  "cvc-input",
  "csc",
  "cardCvc",
  "cvvNumber",
  "cardSecurityCode",
  "card_verification_value",
];
const OTHERS = [
  "discard-number",
  "discardNumber",
  "postcard_number",
  "scorecard-no",
  "giftCardNumber",
  "library-card-number",
  "loyalty_card_no",
  "membershipCardNumber",
  "card",
  "card-notes",
  "cardholder",
  "business-card",
  "acc_number",
  "account-number",
  "cc",
  "vaccine-no",
  "cv",
  "cvs",
  "security_code",
  "number",
];
const CARD_FRAMES = [
  "https://js.stripe.com/v3/elements-inner-card-1a2b.html#wait=false",
  "https://checkoutshopper-live.adyen.com/checkoutshopper/securedfields/x.html",
  "https://assets.braintreegateway.com/web/3.9/html/hosted-fields-frame.min.html#number",
  "https://checkout.shopifycs.com/number?identifier=x",
];
const OTHER_FRAMES = [
  "https://player.example/js.stripe.com/",
  "https://js.stripe.com.example/v3/elements-inner-card-1a2b.html",
  "https://notadyen.com/",
  "https://js.stripe.com/v3/pricing-table-app-1a2b.html",
  "https://js.stripe.com/v3/elements-inner-express-checkout-1a2b.html",
];

let chromium: Chromium;
let site: Site;
let page: Page;
let script: string;

/** Whether a card field is seen on a page with this in it. */
async function seesCard(body: string): Promise<boolean> {
  const world = await show(body);
  return (await world.run<{ visibleCard: boolean }>("fields()")).visibleCard;
}

async function show(body: string): Promise<World> {
  // A frame that never comes is a frame all the same.
  await page.setContent(`<!doctype html><p>Boats.</p>${body}`, { waitUntil: "domcontentloaded" });
  const world = await World.in(page);
  await world.run(script);
  return world;
}

describe("fields for payment cards", () => {
  before(async () => {
    site = await serve(() => ({ body: "" }));
    chromium = await startChromium();
    page = await chromium.newWindow();
    await page.goto(site.origin);
    script = await fieldSearch();
  });

  after(async () => {
    await chromium.close();
    await site.close();
  });

  test("are known by their names, whether visible ones are called so or identified so", async () => {
    for (const name of CARDS) {
      assert.ok(await seesCard(`<input name="${name}">`), `name ${name}`);
      assert.ok(await seesCard(`<input type="tel" id="${name}">`), `id ${name}`);
    }
    assert.ok(await seesCard('<input autocomplete="cardnumber">'));
  });

  test("are not what only sounds like them", async () => {
    for (const name of OTHERS) assert.ok(!(await seesCard(`<input name="${name}" id="${name}">`)), name);
    assert.ok(!(await seesCard('<input name="card" id="number">')), "two attributes are two names");
  });

  test("are not what nobody can type into or see", async () => {
    for (const field of [
      '<input type="hidden" name="card_number">',
      '<input type="checkbox" name="card_number">'.repeat(60),
      '<input name="card_number" style="display: none">',
      '<div style="height: 0; overflow: hidden"><input name="cvv"></div>',
      '<label for="cvv">CVV</label><p id="card-number">4</p>',
    ])
      assert.ok(!(await seesCard(field)), field);
  });

  test("are also frames of payment services, if they can be seen", async () => {
    for (const src of CARD_FRAMES) {
      assert.ok(await seesCard(`<iframe src="${src}"></iframe>`), src);
      assert.ok(
        !(await seesCard(`<iframe src="${src}" width="1" height="1" frameborder="0"></iframe>`)),
        src,
      );
      assert.ok(!(await seesCard(`<iframe src="${src}" style="visibility: hidden"></iframe>`)), src);
    }
    for (const src of OTHER_FRAMES) assert.ok(!(await seesCard(`<iframe src="${src}"></iframe>`)), src);
    assert.ok(!(await seesCard("<iframe></iframe>")), "a frame of the page's own");
  });

  test("cost a page that has none no look at styles or boxes", async () => {
    const others = OTHERS.map((name) => `<input name="${name}" autocomplete="off">`).join("");
    const world = await show(`${others}<iframe src="https://player.example/"></iframe>`);
    const looks = await world.run<number>(`(() => {
      let looks = 0;
      const count = (owner, name) => {
        const real = owner[name];
        owner[name] = function (...all) {
          looks += 1;
          return real.apply(this, all);
        };
      };
      count(Element.prototype, "checkVisibility");
      count(Element.prototype, "getBoundingClientRect");
      count(globalThis, "getComputedStyle");
      fields();
      return looks;
    })()`);
    assert.equal(looks, 0);
  });
});
