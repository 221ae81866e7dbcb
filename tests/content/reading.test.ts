/** When a page is read and what is sent: the script as it ships, the test in the background's place. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "puppeteer-core";
import { contentScript } from "./support/bundle.ts";
import { type Chromium, hide, startChromium } from "./support/chromium.ts";
import { type Site, serve } from "./support/site.ts";
import { World } from "./support/world.ts";

const PROSE =
  "<p>The tide turned before noon, and the boats that had waited outside came in one by one.</p>".repeat(5);
const PAGES: Record<string, string> = {
  "/article": `<html lang="en_GB"><head><title> Boats
      of the bar </title><link rel="canonical" href="/canonical"></head><article>${PROSE}</article></html>`,
  "/empty": "<title>Nothing</title>",
  "/noarchive": `<meta name="robots" content="max-snippet:-1"><meta name="ROBOTS" content="follow, NoArchive">${PROSE}`,
  "/noarchive-not": `<meta name="robots" content="noarchives, index"><meta name="x" content="none">${PROSE}`,
  "/hidden-password": `${PROSE}<div style="display:none"><input type="password"></div>
    <div style="height:0;overflow:hidden"><input type="password"></div>
    <input type="password" style="position:absolute;left:-9999px"><input type="password" style="opacity:0">`,
  "/visible-password": `${PROSE}<input type="password">`,
  "/below-the-fold": `${PROSE}<div style="height:5000px"></div><input type="password">`,
  "/shown-password": `${PROSE}<input type="text" autocomplete="section-a current-password">`,
  "/shadow-password": `${PROSE}<my-login></my-login><script>
    document.querySelector("my-login").attachShadow({ mode: "open" }).innerHTML = "<input type=password>"</script>`,
  "/card": `${PROSE}<input autocomplete="billing cc-number">`,
  "/frames": `${PROSE}<iframe src="/article"></iframe>`,
  "/late": `<title>Late</title><div id="app"></div>`,
};
const CAPTURED = { ok: { type: "captured", outcome: "queued" } };
const WANTED = { ok: { type: "wanted", skip: null, level: "full" } };
const TITLE_WANTED = { ok: { type: "wanted", skip: null, level: "title" } };
const UNWANTED = { ok: { type: "wanted", skip: "noConsent", level: "never" } };

let chromium: Chromium;
let site: Site;
let script: string;

async function open(path: string, answers?: unknown[]): Promise<{ page: Page; world: World }> {
  const page = await chromium.newWindow();
  await page.goto(site.origin + path);
  const world = await World.in(page, answers);
  await world.run(script);
  return { page, world };
}

/** Waits until `count` messages were sent, at most 20 s. */
async function types(world: World, count: number): Promise<string[]> {
  const end = Date.now() + 20_000;
  for (;;) {
    const sent = (await world.sent()).map(({ request }) => request.type);
    if (sent.length >= count || Date.now() > end) return sent;
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Most of each test is waiting, so several run at once.
describe("the content script", () => {
  before(async () => {
    site = await serve((path) => {
      const body = PAGES[path] ?? (path.startsWith("/app/") ? PAGES["/article"] : undefined);
      return body === undefined ? undefined : { body };
    });
    chromium = await startChromium();
    script = await contentScript();
  });

  after(async () => {
    await chromium.close();
    await site.close();
  });

  describe("a page that is looked at", { concurrency: 5 }, () => {
    test("is offered, then sent with its title, language and canonical address", async () => {
      const { page, world } = await open("/article#part-2");
      const [capture] = await world.captures(1);
      assert.ok(capture);
      assert.equal(capture.title, "Boats of the bar");
      assert.equal(capture.language, "en-GB");
      assert.equal(capture.canonical, `${site.origin}/canonical`);
      assert.equal(capture.text.split("\n").length, 5);
      assert.deepEqual(capture.offer, {
        url: `${site.origin}/article#part-2`,
        visiblePassword: false,
        visibleCard: false,
        noarchive: false,
        lowBattery: false,
      });
      const [offer, second] = await world.sent();
      assert.equal(offer?.v, 2);
      assert.deepEqual(offer?.request, { type: "offer", ...capture.offer });
      assert.equal(second?.v, 2);
      await page.close();
    });

    test("is not read while it is hidden, nor before it was in sight for three seconds", async () => {
      const page = await chromium.newWindow();
      await page.goto(`${site.origin}/article`);
      const show = await hide(page);
      const world = await World.in(page);
      await world.run(
        `document.addEventListener("visibilitychange", () => { shownAt = performance.now(); })`,
      );
      await world.run(script);
      await pause(4_000);
      assert.deepEqual(await world.sent(), []);
      await show();
      assert.equal((await world.captures(1)).length, 1);
      const inSight = await world.run<number>("sentAt[0] - shownAt");
      assert.ok(inSight >= 2_990, `it was in sight for ${inSight} ms`);
      await page.close();
    });

    test("is not read when the background does not want it", async () => {
      const { page, world } = await open("/article", [
        { ok: { type: "wanted", skip: "excluded", level: "never" } },
      ]);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await pause(1_500);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await page.close();
    });

    test("is not extracted where only its title is wanted", async () => {
      const { page, world } = await open("/article", [TITLE_WANTED]);
      const [capture] = await world.captures(1);
      assert.deepEqual([capture?.title, capture?.text], ["Boats of the bar", ""]);
      await page.close();
    });

    test("says whether it asks not to be archived", async () => {
      for (const [path, noarchive] of [
        ["/noarchive", true],
        ["/noarchive-not", false],
      ] as const) {
        const { page, world } = await open(path);
        await types(world, 1);
        const [offer] = await world.sent();
        assert.equal(offer?.request.type === "offer" && offer.request.noarchive, noarchive, path);
        await page.close();
      }
    });

    test("says whether the battery is nearly empty, where the browser tells", async () => {
      for (const [battery, lowBattery] of [
        ["async () => ({ charging: false, level: 0.2 })", true],
        ["async () => ({ charging: true, level: 0.2 })", false],
        ["async () => ({ charging: false, level: 0.21 })", false],
        ["async () => { throw new Error('forbidden') }", null],
        ["undefined", null],
      ] as const) {
        const page = await chromium.newWindow();
        await page.goto(`${site.origin}/article`);
        const world = await World.in(page);
        await world.run(`Object.defineProperty(navigator, "getBattery", { value: ${battery} });`);
        await world.run(`globalThis[Symbol.for("afterimage.now")] = true; ${script}`);
        await types(world, 1);
        const [offer] = await world.sent();
        assert.equal(offer?.request.type === "offer" && offer.request.lowBattery, lowBattery, battery);
        await page.close();
      }
    });

    test("is left alone when it is empty", async () => {
      const { page, world } = await open("/empty");
      assert.deepEqual(await types(world, 1), ["offer"]);
      await pause(1_500);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await page.close();
    });

    test("is read once, even if the script is injected twice", async () => {
      const { page, world } = await open("/article");
      await world.run(script);
      await world.captures(1);
      await pause(1_500);
      assert.deepEqual(await types(world, 2), ["offer", "capture"]);
      await page.close();
    });

    test("is offered anew by a script injected after a no, and the one before is silent", async () => {
      const { page, world } = await open("/app/1", [UNWANTED, null]);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await world.run(script);
      assert.equal((await world.captures(1)).length, 1);
      await page.evaluate(() => history.pushState(null, "", "/app/2"));
      assert.equal((await world.captures(2)).length, 2);
      await pause(1_500);
      assert.deepEqual(await types(world, 5), ["offer", "offer", "capture", "offer", "capture"]);
      await page.close();
    });

    test("is read by a script injected where the one before is an orphan", async () => {
      const { page, world } = await open("/article", ["Extension context invalidated.", null]);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await world.run(script);
      assert.equal((await world.captures(1)).length, 1);
      await page.close();
    });

    test("is sent once when the script is injected again in the middle of its reading", async () => {
      const { page, world } = await open("/article");
      await world.run(`{
        const send = chrome.runtime.sendMessage;
        chrome.runtime.sendMessage = async (envelope) => {
          const answer = await send(envelope);
          if (sent.length === 1) await new Promise((resolve) => { globalThis.answerFirst = resolve; });
          return answer;
        };
      }`);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await world.run(script);
      assert.equal((await world.captures(1)).length, 1);
      await world.run("answerFirst()");
      await pause(1_500);
      assert.deepEqual(await types(world, 3), ["offer", "offer", "capture"]);
      await page.close();
    });

    test("is read in its top frame only", async () => {
      const { page, world } = await open("/frames");
      const frame = page.frames()[1] as unknown as { _id: string } | undefined;
      assert.ok(frame);
      const inside = await World.in(page, [null], frame._id);
      await inside.run(script);
      await world.captures(1);
      await pause(1_000);
      assert.deepEqual(await inside.sent(), []);
      await page.close();
    });
  });

  describe("fields that ask for secrets", { concurrency: 5 }, () => {
    const fields: [path: string, visiblePassword: boolean, visibleCard: boolean][] = [
      ["/hidden-password", false, false],
      ["/visible-password", true, false],
      ["/below-the-fold", true, false],
      ["/shown-password", true, false],
      ["/shadow-password", true, false],
      ["/card", false, true],
    ];
    for (const [path, visiblePassword, visibleCard] of fields) {
      test(`${path}: password ${visiblePassword}, card ${visibleCard}`, async () => {
        const { page, world } = await open(path);
        await types(world, 1);
        const [offer] = await world.sent();
        assert.deepEqual(offer?.request, {
          type: "offer",
          url: site.origin + path,
          visiblePassword,
          visibleCard,
          noarchive: false,
          lowBattery: false,
        });
        await page.close();
      });
    }

    test("one that appears while the page is read is told with the text", async () => {
      const { page, world } = await open("/article");
      await world.run(`{
    const send = chrome.runtime.sendMessage;
    chrome.runtime.sendMessage = (envelope) => {
      document.body.insertAdjacentHTML("beforeend", "<input type=password>");
      return send(envelope);
    };
  }`);
      const [capture] = await world.captures(1);
      assert.equal(capture?.offer.visiblePassword, true);
      await page.close();
    });
  });

  describe("a page that changes", { concurrency: 5 }, () => {
    test("is read again under its new address after pushState", async () => {
      const { page, world } = await open("/app/first");
      await world.captures(1);
      await page.evaluate(() => {
        history.pushState(null, "", "/app/second");
        document.title = "Second";
        // As applications do it: the text comes a little later.
        setTimeout(() => {
          document.body.innerHTML = `<article>${"<p>Quite another subject: bread, flour and salt.</p>".repeat(9)}</article>`;
        }, 500);
      });
      const [, second] = await world.captures(2);
      assert.equal(second?.title, "Second");
      assert.equal(second?.offer.url, `${site.origin}/app/second`);
      assert.match(second?.text ?? "", /^Quite another subject/);
      await page.close();
    });

    test("is read under the last of several addresses that were only passed through", async () => {
      const { page, world } = await open("/app/1");
      // By the page's own clock, which a busy machine slows down together with the script's.
      await page.evaluate(() => {
        setTimeout(() => history.pushState(null, "", "/app/2"), 500);
        setTimeout(() => history.pushState(null, "", "/app/3"), 1_500);
      });
      const captures = await world.captures(1);
      await pause(1_000);
      assert.deepEqual(
        (await world.captures(1)).map(({ offer }) => offer.url),
        [`${site.origin}/app/3`],
      );
      assert.equal(captures.length, 1);
      await page.close();
    });

    test("is not read again for a fragment, but for a route in the fragment", async () => {
      const { page, world } = await open("/article");
      await world.captures(1);
      await page.evaluate(() => {
        location.hash = "part-3";
      });
      await pause(4_000);
      assert.equal((await world.captures(1)).length, 1);
      await page.evaluate(() => {
        location.hash = "#/inbox";
        document.querySelector("p")?.append(" And a line that is new.");
      });
      const [, second] = await world.captures(2);
      assert.equal(second?.offer.url, `${site.origin}/article#/inbox`);
      await page.close();
    });

    test("is read when it is left, if its text came late", async () => {
      const { page, world } = await open("/late");
      assert.deepEqual(await types(world, 1), ["offer"]);
      await pause(500);
      await page.evaluate((prose) => {
        document.body.innerHTML = prose;
      }, PROSE);
      await hide(page);
      const [capture] = await world.captures(1);
      assert.match(capture?.text ?? "", /^The tide turned/);
      await page.close();
    });
  });

  describe("the way to the background", { concurrency: 5 }, () => {
    test("a message that found no worker is sent once more", async () => {
      const { page, world } = await open("/article", [
        "Could not establish connection. Receiving end does not exist.",
        WANTED,
        "A listener indicated an asynchronous response, but the message channel closed before a response was received",
        CAPTURED,
      ]);
      await world.captures(2);
      await pause(1_000);
      assert.deepEqual(await types(world, 4), ["offer", "offer", "capture", "capture"]);
      await page.close();
    });

    test("an orphaned script falls silent", async () => {
      const { page, world } = await open("/app/1", ["Extension context invalidated."]);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await page.evaluate(() => history.pushState(null, "", "/app/2"));
      await pause(4_500);
      assert.deepEqual(await types(world, 1), ["offer"]);
      await page.close();
    });

    test("an error or no answer is swallowed, and nothing is read", async () => {
      const { page, world } = await open("/article", [
        { error: { code: "NOT_READY", message: "Starting." } },
      ]);
      const errors: unknown[] = [];
      page.on("pageerror", (error) => errors.push(error));
      await types(world, 1);
      await pause(1_000);
      assert.deepEqual(await types(world, 1), ["offer"]);
      assert.deepEqual(errors, []);
      await page.close();
    });
  });
});
