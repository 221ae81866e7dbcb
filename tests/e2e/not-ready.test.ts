// A background that cannot start says why, on every page that asks it, and starts when the reason is gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPopup } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE } from "./harness/until.ts";

/** What a person can do about it must be in the sentence. */
const SENTENCE = /database cannot be opened .*restart the browser/i;

test("a database of a newer version stops the start, and a person is told what to do", async () => {
  const session = await Session.start();
  try {
    const { extension, worker } = session;
    // The worker's connection makes way for the upgrade; what it does next needs a new one.
    await extension.page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const upgrade = indexedDB.open("afterimage", 1_000);
          upgrade.onerror = () => reject(upgrade.error);
          upgrade.onsuccess = () => {
            upgrade.result.close();
            resolve();
          };
        }),
    );
    await extension.send({});
    await worker.kill();

    const popup = await openPopup(session);
    const shown = await popup.waitForSelector("#message[data-kind=error]", { timeout: 30_000 * PATIENCE });
    const words = await shown?.evaluate((message) => message.textContent);
    assert.match(words ?? "", SENTENCE);
    assert.match(words ?? "", /NOT_READY/);

    const options = await session.chromium.browser.newPage();
    await options.goto(extension.url("options/options.html"));
    const problem = await options.waitForSelector("#problem:not([hidden])", { timeout: 30_000 * PATIENCE });
    assert.match((await problem?.evaluate((line) => line.textContent)) ?? "", SENTENCE);
    await options.close();

    // Newer data that nobody can read is gone: the same worker starts, as it would for the first time.
    await extension.page.evaluate(
      () =>
        new Promise<void>((resolve, reject) => {
          const removal = indexedDB.deleteDatabase("afterimage");
          removal.onerror = () => reject(removal.error);
          removal.onsuccess = () => resolve();
        }),
    );
    await popup.bringToFront();
    await popup.click("#retry-button");
    await popup.waitForSelector("#message[data-kind=consent]", { timeout: 30_000 * PATIENCE });
  } finally {
    await session.close();
  }
});
