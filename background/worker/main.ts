// The background service worker: registers every listener in its first turn, as the browser demands, and
// passes what it hears to the Rust side. It decides nothing.
//
// The worker may be killed at any `await` and is started anew by the next event. So nothing here is
// remembered: what must survive is in the database, and the one promise `ready` is all the state there is.

import * as browser from "./browser.ts";
import { bindDoors } from "./doors.ts";
import { ready } from "./ready.ts";
import type { Background } from "./rust.ts";
import { WORK_ALARM, Work } from "./work.ts";

const work = new Work(ready, browser);

browser.onMessage(async (message, source) => {
  let background: Background;
  try {
    background = await ready();
  } catch (reply) {
    // A start that fails says why in the form of a reply.
    return isReply(reply) ? reply : undefined;
  }
  const hadConsent = background.consent;
  const reply: unknown = source.extensionPage
    ? await background.handle(message)
    : await background.handlePage(message, source.url, source.topFrame, source.private);
  if (background.hasWork()) void work.resume();
  // What is open already is read without a reload, but only from the moment it may be.
  if (!hadConsent && background.consent) void browser.readOpenTabs();
  return reply;
});

function isReply(reply: unknown): boolean {
  return typeof reply === "object" && reply !== null && "error" in reply;
}

browser.onAlarm(WORK_ALARM, () => work.resume());

browser.onHistoryRemoved(async (all, urls) => {
  await (await ready()).historyRemoved(all, urls);
});

browser.onInstalled((firstTime) => {
  if (firstTime) void browser.openWelcome();
  void browser.readOpenTabs();
  void work.resume();
});

// Something may have been left undone when the browser was closed.
browser.onBrowserStart(() => void work.resume());

bindDoors();
