// Runs code where the content script runs: in the extension's isolated world of a page. Whoever broke into a
// page's renderer could do this, so nothing that comes from there may be trusted.

import type { Page } from "puppeteer-core";
import type { Reply } from "../../../messages/messages.ts";
import { until } from "./until.ts";

/** Sends a message from the content script's world of `page` and gives what came back. */
export function sendFromContentScript(
  page: Page,
  extensionId: string,
  message: unknown,
): Promise<Reply | undefined> {
  return inContentScript(page, extensionId, `chrome.runtime.sendMessage(${JSON.stringify(message)})`);
}

/** What an expression is worth in the content script's world of `page`. */
export async function inContentScript<T>(page: Page, extensionId: string, expression: string): Promise<T> {
  const cdp = await page.createCDPSession();
  try {
    let contextId: number | undefined;
    cdp.on("Runtime.executionContextCreated", ({ context }) => {
      if (context.origin === `chrome-extension://${extensionId}`) contextId = context.id;
    });
    await cdp.send("Runtime.enable");
    const found = await until("the content script's world is there", async () => contextId, 10);
    const { result, exceptionDetails } = await cdp.send("Runtime.evaluate", {
      contextId: found,
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  } finally {
    await cdp.detach();
  }
}
