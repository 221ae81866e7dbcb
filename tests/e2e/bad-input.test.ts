// Input that is too long, too strange or forged: a clear error or a quiet skip, and what was there stays.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { type Reply, VERSION } from "../../messages/messages.ts";
import { sendFromContentScript } from "./harness/isolated-world.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

let session: Session;
before(async () => {
  session = await Session.start();
  await session.read(ownUrl("tides"));
  await session.extension.waitIndexed(60);
});
afterEach(() => session.tidy());
after(async () => {
  // Whatever was thrown at it, what was indexed at the beginning is still found.
  const { hits } = await session.extension.searchWords("Fundy");
  await session.close();
  assert.deepEqual(
    hits.map((hit) => hit.url),
    [ownUrl("tides")],
  );
});

/** Longer than a page must be visible to be read. */
const LONG_ENOUGH = 5_000;

test("a page of 5 MB of text is read up to the cap and found by words at once", async () => {
  // The hash embeds its hundreds of passages in no time; how they are embedded is not the point here.
  await session.extension.configure({ backend: "hash" });
  await session.extension.waitIndexed(60);
  await session.open(ownUrl("big"));
  await until(
    "the page is found",
    async () => (await session.extension.searchWords("barometers lighthouse")).hits[0]?.url === ownUrl("big"),
    60,
  );
  const state = await session.extension.waitIndexed(60);
  assert.ok(state.storedBytes < 2_000_000, `${state.storedBytes} bytes are stored: the text was capped`);
});

test("an empty page is passed over", async () => {
  const before = await session.arrived();
  await session.open(ownUrl("empty"));
  await sleep(LONG_ENOUGH);
  assert.equal(await session.arrived(), before);
});

test("a word of 200,000 characters is indexed without harm", async () => {
  await session.read(ownUrl("one-word"));
  await session.extension.waitIndexed(60);
  const { hits } = await session.extension.searchWords("endless");
  assert.equal(hits[0]?.url, ownUrl("one-word"));
});

test("halves of surrogate pairs neither break the message nor the text around them", async () => {
  await session.read(ownUrl("lone-surrogates"));
  await session.extension.waitIndexed(60);
  const { hits } = await session.extension.searchWords("watchmaker");
  assert.equal(hits[0]?.url, ownUrl("lone-surrogates"));
  const text = [hits[0]?.title ?? "", ...(hits[0]?.snippet ?? []).map((piece) => piece.text)].join("");
  assert.ok(text.isWellFormed(), "what comes back is valid UTF-16");
});

test("a visible password field keeps a page out, a hidden one does not", async () => {
  await session.read(ownUrl("hidden-password"));
  const before = await session.arrived();
  await session.open(ownUrl("visible-password"));
  await sleep(LONG_ENOUGH);
  assert.equal(await session.arrived(), before);
  await session.extension.waitIndexed(60);
  assert.equal((await session.extension.searchWords("cobalt")).hits[0]?.url, ownUrl("hidden-password"));
  assert.deepEqual((await session.extension.searchWords("tumbler")).hits, []);
});

test("a frame cannot put a page into the index", async () => {
  await session.read(ownUrl("forged"));
  // The frame has tried all that a page can. Now the same from a content script's world inside the frame,
  // as if its renderer had been broken into.
  const replies = await session.extension.page.evaluate(
    async (url, version) => {
      const tabs = await chrome.tabs.query({ url: `${url}*` });
      const tabId = tabs[0]?.id;
      if (tabId === undefined) throw new Error("the page has no tab");
      return chrome.scripting.executeScript({
        target: { tabId, allFrames: true },
        args: [version],
        func: async (v: number) => {
          if (window.top === window) return null;
          const offer = {
            url: "https://forged.example/",
            visiblePassword: false,
            visibleCard: false,
            noarchive: false,
          };
          const text = "Forged zeppelin catalogue: the frame claims that zeppelins are on sale.";
          const request = {
            type: "capture",
            offer,
            canonical: null,
            title: "Forged zeppelins",
            language: "en",
            text,
          };
          return chrome.runtime.sendMessage({ v, request });
        },
      });
    },
    ownUrl("forged"),
    VERSION,
  );
  const reply = replies.map((each) => each.result).find((result) => result !== null);
  assert.deepEqual(reply, { ok: { type: "captured", outcome: "skipped", reason: "notTopFrame" } });
  await session.extension.waitIndexed(60);
  assert.deepEqual((await session.extension.searchWords("zeppelin")).hits, []);
  assert.equal((await session.extension.searchWords("ferry goat")).hits[0]?.url, ownUrl("forged"));
});

test("the address that counts is the sender's, not the one in the message", async () => {
  session.server.set(ownUrl("liar"), "<!doctype html><title>Liar</title><p></p>");
  const page = await session.open(ownUrl("liar"));
  const reply = await sendFromContentScript(page, session.chromium.extensionId, {
    v: VERSION,
    request: {
      type: "capture",
      offer: { url: ownUrl("victim"), visiblePassword: false, visibleCard: false, noarchive: false },
      canonical: ownUrl("victim"),
      title: "Liar",
      language: "en",
      text: "This pamphlet about counterfeit umbrellas pretends to stand on somebody else's page.",
    },
  });
  assert.deepEqual(reply, { ok: { type: "captured", outcome: "queued" } });
  await session.extension.waitIndexed(60);
  const { hits } = await session.extension.searchWords("counterfeit umbrellas");
  assert.deepEqual(
    hits.map((hit) => hit.url),
    [ownUrl("liar")],
  );
});

test("a page's content script may not search, forget or configure", async () => {
  const page = await session.open(ownUrl("tides"));
  const { settings } = await session.extension.state();
  for (const request of [
    { type: "search", query: "tides", mode: "words", limit: 5, filters: {} },
    { type: "similar", url: ownUrl("tides"), otherSites: false, limit: 5 },
    { type: "forget", scope: "page", page: "00000000000000000000000000000000" },
    { type: "state" },
    { type: "diagnose", text: "secret" },
    { type: "configure", ...settings, consent: false },
  ]) {
    const reply = await sendFromContentScript(page, session.chromium.extensionId, { v: VERSION, request });
    assert.equal(codeOf(reply), "FORBIDDEN", request.type);
  }
  assert.equal((await session.extension.state()).settings.consent, true);
});

test("messages of the wrong shape or version are refused by name", async () => {
  for (const message of [
    "hello",
    42,
    null,
    [],
    {},
    { v: VERSION },
    { v: VERSION, request: null },
    { v: VERSION, request: { type: "explode" } },
    { v: VERSION, request: { type: "search", query: 5, mode: "words", limit: 5, filters: {} } },
    { v: VERSION, request: { type: "search", query: "x", mode: "telepathy", limit: 5, filters: {} } },
    { v: VERSION, request: { type: "capture" } },
    { v: "1", request: { type: "state" } },
  ])
    assert.equal(codeOf(await session.extension.send(message)), "BAD_MESSAGE", JSON.stringify(message));

  for (const v of [0, VERSION + 1, 4_000_000_000])
    assert.equal(
      codeOf(await session.extension.send({ v, request: { type: "state" } })),
      "UNKNOWN_VERSION",
      `version ${v}`,
    );
  // A message from the future may also have a shape that is unknown here: its version is what counts.
  const future = { v: VERSION + 1, request: { type: "hologram", beam: true } };
  assert.equal(codeOf(await session.extension.send(future)), "UNKNOWN_VERSION");
});

function codeOf(reply: Reply | undefined): string | undefined {
  return reply !== undefined && "error" in reply ? reply.error.code : undefined;
}
