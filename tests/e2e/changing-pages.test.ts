// Pages that change under one's hands: a single-page application, a page edited between two visits, and a
// page that stayed as it was.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { htmlPage } from "./harness/articles.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

let session: Session;
before(async () => {
  session = await Session.start();
});
afterEach(() => session.tidy());
after(() => session.close());

test("the new text of a single-page application is found under its new address", async () => {
  const page = await session.read(ownUrl("spa"));
  const before = await session.arrived();
  await page.evaluate("goOn()");
  await until("the second view arrived", async () => (await session.arrived()) > before);
  await session.extension.waitIndexed(60);

  const { hits } = await session.extension.search("birds that flock above wetlands at dusk");
  assert.equal(hits[0]?.url, `${ownUrl("spa")}marsh`);
  assert.equal(hits[0]?.title, "Walks: the marsh");
  const first = await session.extension.searchWords("juniper");
  assert.deepEqual(
    first.hits.map((hit) => hit.url),
    [ownUrl("spa")],
    "the first view is still there, and only under its own address",
  );
});

test("of a page that was edited, the new text is found and the old one is gone", async () => {
  const url = ownUrl("edited");
  const frame = (what: string) =>
    htmlPage("Notes of a collector", `<h1>Notes of a collector</h1><p>${what}</p><p>Dust is the enemy.</p>`);
  session.server.set(
    url,
    frame("Among the oldest pieces is a theodolite of brass, made for the survey of a canal in 1794."),
  );
  const page = await session.read(url);
  await session.extension.waitIndexed(60);
  assert.equal((await session.extension.searchWords("theodolite")).hits[0]?.url, url);

  session.server.set(
    url,
    frame("The pride of the house is now a harmonium that was carried over the pass by eleven mules."),
  );
  await page.reload();
  await until(
    "the new text is found",
    async () => (await session.extension.searchWords("harmonium")).hits[0]?.url === url,
  );
  await session.extension.waitIndexed(60);
  assert.deepEqual((await session.extension.searchWords("theodolite")).hits, []);
  const meant = await session.extension.search("an instrument for measuring angles when digging a waterway");
  const shown = meant.hits.flatMap((hit) => hit.snippet.map((piece) => piece.text)).join(" ");
  assert.doesNotMatch(shown, /theodolite|canal/);
});

test("a page that is visited again unchanged is counted and costs no work", async () => {
  const url = ownUrl("tides");
  const page = await session.read(url);
  await session.extension.waitIndexed(60);
  const rowsBefore = await session.extension.rows("passages");
  assert.ok(rowsBefore.length > 0);
  const visits = async () => {
    const { hits } = await session.extension.searchWords("Fundy");
    return hits.find((hit) => hit.url === url)?.visits;
  };
  assert.equal(await visits(), 1);

  await page.reload();
  assert.ok(await session.extension.staysIdle(5_000), "nothing is queued or embedded again");
  await until("the visit is counted", async () => (await visits()) === 2, 10);
  await sleep(500);
  assert.deepEqual(await session.extension.rows("passages"), rowsBefore, "not one stored passage changed");
});
