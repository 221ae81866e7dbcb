// The worker may be killed at any moment: nothing is lost, nothing is there twice, and a search that was
// under way is answered.
//
// Each death is placed exactly: a transaction held open from an extension page stops the worker in front of
// the write that the test is about.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { longPage } from "./harness/articles.ts";
import { OF_PAGES } from "./harness/database.ts";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(() => session.tidy());
after(() => session.close());

test("killed between extraction and embedding, a text waits in the queue and is indexed once", async () => {
  const { extension, worker } = session;
  await extension.state();
  await worker.watchWrites("passages");
  const release = await extension.hold(["passages"], "readonly");
  await session.open(ownUrl("volcano"));
  await until("the worker wants to store passages", async () => (await worker.writesAsked()) > 0, 30);
  await worker.kill();

  assert.equal((await extension.rows("queue")).length, 1, "the text is in the durable queue");
  assert.deepEqual(await extension.rows("pages"), [], "and not yet in the index");
  await release();
  const state = await extension.waitIndexed(60);
  assert.equal(state.pages, 1);
  assert.deepEqual(await extension.rows("queue"), []);
  await assertFoundOnce("predicting eruptions", ownUrl("volcano"));
});

test("killed between embedding and commit, vectors are made again and stored once", async () => {
  const { extension, worker } = session;
  const url = ownUrl("almanac");
  session.server.set(url, longPage());
  await session.read(url);
  const split = await until(
    "the page is split and not yet embedded",
    async () => {
      const state = await extension.state();
      return state.queued === 0 && state.unembedded > 0 && state;
    },
    20,
    10,
  );
  const release = await extension.hold(["vectors"], "readonly");
  await worker.watchWrites("vectors");
  await until("the worker wants to commit vectors", async () => (await worker.writesAsked()) > 0, 30);
  const waiting = (await extension.state()).unembedded;
  assert.ok(waiting > 0, "the page is long enough for the worker to be caught in the middle");
  await worker.kill();
  await release();

  assert.equal((await extension.state()).unembedded, waiting, "the batch that was not committed is gone");
  const state = await extension.waitIndexed(120);
  assert.equal(state.pages, split.pages);
  assert.equal(state.passages, split.passages, "no passage was lost or doubled");
  await assertFoundOnce("inventor of book printing in Germany", url);
});

test("killed while a search is open, the search is answered by the next worker", async () => {
  const { extension, worker } = session;
  const popup = await openPopup(session);
  await extension.state();
  await worker.kill();
  // The next worker cannot open its index while this transaction lives, so the search stays open.
  const release = await extension.hold([...OF_PAGES, "models", "meta"], "readwrite");
  await popup.type("#query", "predicting eruptions");
  await until("the worker was woken", async () => (await worker.target()) !== null, 10);
  await sleep(1_000);
  assert.deepEqual(await popup.$$("[role=option]"), [], "nothing has been answered yet");
  await worker.kill();
  await release();

  const rows = await waitForRows(popup, "predicting eruptions");
  assert.ok(rows.some((row) => row.url === ownUrl("volcano")));
});

/** The page is among the results, and no page is there twice. */
async function assertFoundOnce(question: string, url: string): Promise<void> {
  const { hits } = await session.extension.search(question, 50);
  assert.equal(hits[0]?.url, url);
  const pages = hits.map((hit) => hit.page);
  assert.equal(new Set(pages).size, pages.length, "no page is listed twice");
}
