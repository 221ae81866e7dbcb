// Private windows leave no trace: neither as shipped, where the browser keeps the extension out of them, nor
// in a copy that asks to be let in, where the extension's own rule must do it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { VERSION } from "../../messages/messages.ts";
import { OF_PAGES } from "./harness/database.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { sendFromContentScript } from "./harness/isolated-world.ts";
import { ownUrl } from "./harness/pages.ts";
import { EXTENSION } from "./harness/paths.ts";
import { Session } from "./harness/session.ts";
import { sleep } from "./harness/until.ts";

/** Twice what a visible page needs to be read. */
const LONG_ENOUGH = 6_000;

test("as shipped, the extension does not exist in a private window", async () => {
  const session = await Session.start({ extension: EXTENSION, inPrivateWindows: true });
  try {
    const allowed = await session.extension.page.evaluate(() => chrome.extension.isAllowedIncognitoAccess());
    assert.equal(allowed, false, "although the user's permission was given");
    const context = await session.chromium.browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(ownUrl("volcano"));
    await sleep(LONG_ENOUGH);
    assert.equal(await session.arrived(), 0);
    await assertNothingStored(session);
    await context.close();

    // The same page in an ordinary window is stored: the silence above means something.
    await session.read(ownUrl("volcano"));
  } finally {
    await session.close();
  }
});

test("a copy that the browser lets into private windows stores nothing there", async () => {
  const copy = await ExtensionCopy.make();
  await copy.editManifest((manifest) => {
    manifest.incognito = "spanning";
  });
  const session = await Session.start({ extension: copy.folder, inPrivateWindows: true });
  try {
    const { page: asker } = session.extension;
    assert.equal(await asker.evaluate(() => chrome.extension.isAllowedIncognitoAccess()), true);
    const url = ownUrl("honeybees");
    const opened = session.chromium.browser.waitForTarget((target) => target.url() === url);
    await asker.evaluate((address) => chrome.windows.create({ url: address, incognito: true }), url);
    const page = await (await opened).page();
    assert.ok(page);
    await sleep(LONG_ENOUGH);

    // The content script does run there, and what it is told is: no.
    const reply = await sendFromContentScript(page, session.chromium.extensionId, {
      v: VERSION,
      request: { type: "offer", url, visiblePassword: false, visibleCard: false, noarchive: false },
    });
    assert.deepEqual(reply, { ok: { type: "wanted", skip: "privateWindow", level: "never" } });
    const captured = await sendFromContentScript(page, session.chromium.extensionId, {
      v: VERSION,
      request: {
        type: "capture",
        offer: { url, visiblePassword: false, visibleCard: false, noarchive: false },
        canonical: null,
        title: "Private",
        language: "en",
        text: "A text that was read in a private window and must not be kept.",
      },
    });
    assert.deepEqual(captured, { ok: { type: "captured", outcome: "skipped", reason: "privateWindow" } });
    assert.equal(await session.arrived(), 0);
    await assertNothingStored(session);
    await page.close();

    await session.read(url);
  } finally {
    await session.close();
    await copy.remove();
  }
});

async function assertNothingStored(session: Session): Promise<void> {
  for (const table of OF_PAGES)
    assert.deepEqual(await session.extension.rows(table), [], `${table} is empty`);
}
