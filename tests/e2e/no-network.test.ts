// Nothing leaves the machine. Every session of every other test ends with this count (Session.close); here
// it is shown that the count would see what it is there to see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";

/** The one host that the extension's policy would let it reach, for a model that somebody asks for. */
const HUB = "https://huggingface.co/BAAI/bge-small-en-v1.5/resolve/main/config.json";

test("reading, searching, diagnosing and dying makes no request at all", async () => {
  const session = await Session.start();
  const page = await session.read(ownUrl("bicycle-chain"));
  await session.extension.waitIndexed(60);
  await session.extension.search("maintenance of pushbikes");
  await session.extension.ask({ type: "diagnose", text: "maintenance of pushbikes" });
  await session.worker.kill();
  await session.extension.search("maintenance of pushbikes");
  await page.close();
  const traffic = await session.close();
  assert.deepEqual(traffic.fromExtension, []);
  assert.deepEqual(traffic.outside, []);
});

test("a request of the worker or of an extension page would have been counted", async () => {
  const session = await Session.start();
  await session.extension.state();
  const fetchIt = (url: string) =>
    fetch(url).then(
      () => "answered",
      () => "failed",
    );
  assert.equal(await session.worker.evaluate(fetchIt, HUB), "failed", "there is no network here");
  assert.equal(await session.extension.page.evaluate(fetchIt, `${HUB}?page`), "failed");
  const traffic = await session.chromium.close();
  await session.server.stop();
  assert.deepEqual(traffic.fromExtension.sort(), [`GET ${HUB}`, `GET ${HUB}?page`]);
  assert.deepEqual(traffic.outside, []);
});
