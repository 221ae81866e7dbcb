// The whole way to another model, in its full size: fetched although the worker dies, converted, everything embedded
// again while questions are answered by the old one, and back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import type { ModelAction, ModelList } from "../../messages/messages.ts";
import { htmlPage } from "./harness/articles.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { FakeHub } from "./harness/hub.ts";
import { BUNDLED, MODEL, type Published, publish } from "./harness/published.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";
import { storedVectors } from "./harness/vectors.ts";

const KETTLE = "http://kettle.test/";
const WAIT = { timeout: 30_000 * PATIENCE };
/** Enough that embedding them again takes a while. */
const PAGES = 12;

let session: Session;
let hub: FakeHub;
let copy: ExtensionCopy;
let published: Published;
before(async () => {
  hub = await FakeHub.start();
  copy = await ExtensionCopy.make();
  published = await publish(copy, hub);
  session = await Session.start({ extension: copy.folder, hub });
});
after(async () => {
  const traffic = await session.chromium.close();
  await session.server.stop();
  await hub.stop();
  await copy.remove();
  assert.deepEqual(traffic.outside, [], "something left the machine");
});

function act(action: ModelAction, model = MODEL): Promise<ModelList> {
  return session.extension.ask({ type: "model", model, action });
}

async function spaces(): Promise<string[]> {
  return [...new Set((await storedVectors(session.extension.page)).map(({ space }) => space))];
}

test("it is fetched in its full size although the worker dies, and converted in small steps", async () => {
  const size = published.weights.length + published.tokenizer.length;
  assert.ok(published.weights.length > 130_000_000);
  hub.behave({ bytesPerSecond: 30_000_000 });
  await act("download");
  const died = await until("a third of it came", async () => {
    const { files } = await session.extension.model(MODEL);
    return (files[0]?.received ?? 0) > size / 3 && (files[0]?.received ?? 0);
  });
  await session.worker.kill();
  await until("it is ready", async () => (await session.extension.model(MODEL)).phase === "ready", 200);
  const resumed = hub.asked.map(({ range }) => Number(range?.match(/\d+/)?.[0] ?? 0));
  assert.ok(Math.max(...resumed) >= died, `resumed at ${resumed}, died at ${died}`);
  assert.ok(hub.given < size * 1.1, `${hub.given} bytes of ${size}`);
  const { storedBytes } = await session.extension.model(MODEL);
  assert.ok(storedBytes > 30_000_000 && storedBytes < 40_000_000, `${storedBytes} bytes are kept`);
});

test("the old model answers until the new one has embedded everything, and then it is gone", async () => {
  const { extension } = session;
  session.server.set(
    KETTLE,
    htmlPage("On kettles", "<h1>On kettles</h1><p>A kettle sings before it boils, and then it hums.</p>"),
  );
  const urls = [KETTLE];
  for (let n = 1; n < PAGES; n += 1) {
    const url = `http://page${n}.test/`;
    const body =
      `A long walk number ${n} led us to a harbour where ${n} boats lay in the evening sun. `.repeat(20);
    session.server.set(url, htmlPage(`Walk ${n}`, `<h1>Walk ${n}</h1><p>${body}</p>`));
    urls.push(url);
  }
  await session.readAll(urls);
  await extension.waitIndexed(240);
  const [before] = await spaces();
  assert.ok(before?.startsWith(BUNDLED));
  const QUESTION = "boiling water makes a sound";
  const found = await extension.search(QUESTION);
  assert.equal(found.hits[0]?.url, KETTLE);

  const options = await openOptions();
  const row = `[data-model="${MODEL}"]`;
  assert.ok(await options.$("#reembed[hidden]"), "nothing is under way");
  await options.locator(`${row}[data-phase=ready] .use`).click();
  await options.waitForSelector(`${row}[data-chosen=true]`, WAIT);
  const underWay = await until("some of it is embedded anew", async () => {
    const now = await reembedding(options);
    return now !== null && now.embedded > 0 && now;
  });
  assert.ok(underWay.embedded < underWay.wanted, underWay.status);
  assert.deepEqual([underWay.value, underWay.max], [underWay.embedded, underWay.wanted]);
  assert.match(underWay.status ?? "", new RegExp(`^${MODEL} `));
  assert.match(underWay.answers ?? "", new RegExp(`${BUNDLED} answers`));
  const meanwhile = await extension.search(QUESTION);
  const still = await extension.ask({ type: "models" });
  assert.equal(still.answering, BUNDLED, "it was still under way");
  assert.equal(meanwhile.hits[0]?.url, KETTLE);
  assert.ok(Math.abs((meanwhile.hits[0]?.cosine ?? 0) - (found.hits[0]?.cosine ?? 1)) < 1e-6);

  // A worker that dies in the middle changes nothing.
  await session.worker.kill();
  assert.equal((await extension.search(QUESTION)).hits[0]?.url, KETTLE);
  await extension.waitIndexed(400);
  await until("only the new space is left", async () => {
    const left = await spaces();
    return left.length === 1 && left[0]?.startsWith(MODEL);
  });
  assert.equal((await extension.ask({ type: "models" })).answering, MODEL);
  await options.waitForSelector("#reembed[hidden]", WAIT);
  assert.ok(await options.$(`[data-model="${BUNDLED}"][data-chosen=false] .use:not([hidden])`));
  await options.close();
  const diagnosis = await extension.ask({ type: "diagnose", text: "a kettle" });
  assert.ok(diagnosis.space.startsWith(MODEL), diagnosis.space);
  assert.equal(diagnosis.backend, "cpu");
  assert.ok(Math.abs(diagnosis.norm - 1) < 1e-3);
  const now = await extension.search("A kettle sings before it boils");
  assert.equal(now.backend, "cpu");
  assert.ok(
    now.hits.some(({ cosine }) => cosine !== null),
    "the new vectors answer",
  );
});

async function openOptions(): Promise<Page> {
  const options = await session.chromium.browser.newPage({ type: "window" });
  await options.goto(session.extension.url("options/options.html"));
  await options.waitForSelector("#model-list li", WAIT);
  return options;
}

/** What the options page says of embedding again; `null` where it says nothing. */
async function reembedding(options: Page) {
  const shown = await options.$eval("div#reembed", (place) => {
    const { value, max } = place.querySelector("progress") ?? {};
    const [status, answers] = [...place.querySelectorAll("p")].map((line) => line.textContent ?? "");
    return { hidden: place.hidden, status, answers, value, max };
  });
  const [, embedded, wanted] = shown.status?.match(/(\d+) of (\d+) passages/) ?? [];
  return shown.hidden ? null : { ...shown, embedded: Number(embedded), wanted: Number(wanted) };
}

test("a chosen model that is deleted gives way to the one that ships", async () => {
  const { extension } = session;
  const list = await act("delete");
  assert.equal(list.models.find(({ chosen }) => chosen)?.id, BUNDLED);
  await extension.waitIndexed(240);
  await until("only the old space is left", async () => {
    const left = await spaces();
    return left.length === 1 && left[0]?.startsWith(BUNDLED);
  });
  assert.equal((await extension.search("boiling water makes a sound")).hits[0]?.url, KETTLE);
});
