// The background service worker: registers every listener in its first turn, as the browser demands, and
// passes what it hears to the Rust side. It decides nothing.
//
// The worker may be killed at any `await` and is started anew by the next event. So nothing here is
// remembered: what must survive is in the database, and the one promise `ready` is all the state there is.

import type { Request } from "../../messages/messages.ts";
import { withBackfill } from "./backfill.ts";
import { Badge } from "./badge.ts";
import * as browser from "./browser.ts";
import { bindDoors } from "./doors.ts";
import { Downloads, MODEL_ALARM } from "./models.ts";
import { bindOmnibox } from "./omnibox.ts";
import { askOwn } from "./own.ts";
import { ready } from "./ready.ts";
import type { Background } from "./rust.ts";
import { WORK_ALARM, Work } from "./work.ts";

/** Requests of our own pages after which other pages may be read than before. */
const OF_RULES: ReadonlySet<unknown> = new Set<Request["type"]>(["configure", "setSite"]);

const badge = new Badge(() => askOwn(ready, { type: "state" }, "state"), browser);
const work = new Work(
  async () => withBackfill(await ready(), browser),
  browser,
  () => badge.refresh(),
);

const downloads = new Downloads(ready, browser, () => void resumeWork());

/** A model that came is to be verified and converted. */
async function resumeWork(): Promise<void> {
  if ((await ready()).hasWork()) await work.resume();
}

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
  if (background.hasWork() || background.sleepsFor() !== undefined) void work.resume();
  if (!source.extensionPage) {
    if (source.tab !== undefined) badge.answered(source.tab, reply);
    badge.refresh();
  } else {
    if (OF_RULES.has(typeOf(message))) void badge.rulesChanged();
    if (forgetsEverything(message)) await browser.forgetIntent();
    if (typeOf(message) === "model" || background.wantsNetwork()) void downloads.resume();
  }
  // What is open already is read without a reload, but only from the moment it may be.
  if (!hadConsent && background.consent) void browser.readOpenTabs();
  return reply;
});

function typeOf(message: unknown): unknown {
  return (message as { request?: { type?: unknown } } | null)?.request?.type;
}

function forgetsEverything(message: unknown): boolean {
  return (
    typeOf(message) === "forget" &&
    (message as { request: { scope?: unknown } }).request.scope === "everything"
  );
}

function isReply(reply: unknown): boolean {
  return typeof reply === "object" && reply !== null && "error" in reply;
}

browser.onAlarm(WORK_ALARM, async () => {
  // It may be that a pause is over.
  badge.refresh();
  await work.resume();
});
browser.onAlarm(MODEL_ALARM, () => downloads.resume());

browser.onVisited(async (url) => {
  await (await ready()).visited(url);
});
browser.onHistoryRemoved(async (all, urls) => {
  if (all) await browser.forgetIntent();
  await (await ready()).historyRemoved(all, urls);
});

browser.onInstalled((firstTime) => {
  if (firstTime) void browser.openWelcome();
  void browser.readOpenTabs();
  void work.resume();
  void downloads.resume();
  badge.refresh();
});

browser.onAccessGiven(() => void browser.readOpenTabs());

// Something may have been left undone when the browser was closed, and the button has forgotten its marks.
browser.onBrowserStart(() => {
  void work.resume();
  void downloads.resume();
  badge.refresh();
});

bindDoors(async () => {
  const state = await askOwn(ready, { type: "state" }, "state");
  if (state === null) return;
  const settings = { ...state.settings, paused: !state.paused, pausedUntil: null };
  await askOwn(ready, { type: "configure", ...settings }, "state");
  await badge.rulesChanged();
});
bindOmnibox((query, limit) =>
  askOwn(
    ready,
    {
      type: "search",
      query,
      mode: "words",
      limit,
      filters: { site: null, after: null, before: null },
      order: "best",
    },
    "results",
  ),
);
