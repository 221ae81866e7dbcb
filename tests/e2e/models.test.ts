// Another model than the one that ships: from the hub, whatever that does, and from files.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import type { ModelAction, ModelPhase, ModelState } from "../../messages/messages.ts";
import { readTable } from "./harness/database.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { FakeHub, HUB } from "./harness/hub.ts";
import { MODEL, type Published, publish, TOKENIZER, WEIGHTS } from "./harness/published.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, sleep, until } from "./harness/until.ts";

/** 3 MB: nothing is embedded with it. */
const SMALL = {
  vocab_size: 8,
  num_hidden_layers: 1,
  intermediate_size: 16,
};
const WAIT = { timeout: 30_000 * PATIENCE, polling: 50 } as const;

let session: Session;
let hub: FakeHub;
let copy: ExtensionCopy;
let published: Published;
before(async () => {
  hub = await FakeHub.start();
  copy = await ExtensionCopy.make();
  published = await publish(copy, hub, SMALL);
  session = await Session.start({ extension: copy.folder, hub });
});
afterEach(async () => {
  await session.tidy();
  await act("delete");
  hub.behave();
});
after(async () => {
  const traffic = await session.chromium.close();
  await session.server.stop();
  await hub.stop();
  await copy.remove();
  assert.deepEqual(traffic.outside, [], "something left the machine");
  const others = traffic.fromExtension.filter(
    (request) => !/^GET https:\/\/(huggingface\.co|cdn-lfs\.hf\.co)\//.test(request),
  );
  // Named, and refused by the extension's own policy before a connection was made.
  assert.deepEqual(others, []);
});

function act(action: ModelAction): Promise<unknown> {
  return session.extension.ask({ type: "model", model: MODEL, action });
}

/** Waits until it is so far. */
function reaches(phase: ModelPhase, seconds = 60): Promise<ModelState> {
  return until(
    `the model is ${phase}`,
    async () => {
      const state = await session.extension.model(MODEL);
      return state.phase === phase && state;
    },
    seconds,
  );
}

/** Waits until this went wrong. */
function suffers(problem: ModelState["problem"]): Promise<ModelState> {
  return until(`the problem is ${problem}`, async () => {
    const state = await session.extension.model(MODEL);
    return state.problem === problem && state;
  });
}

/** Waits until so many bytes came. */
function came(bytes: number): Promise<number> {
  return until(`${bytes} bytes came`, async () => {
    const { files } = await session.extension.model(MODEL);
    const received = files.reduce((sum, file) => sum + file.received, 0);
    return received >= bytes && received;
  });
}

/** Keys of what is stored of models, those of the one that ships left out. */
async function stored(): Promise<string[]> {
  const rows = await readTable(session.extension.page, "models");
  return rows.map(({ key }) => key).filter((key) => key.includes(MODEL));
}

function size(): number {
  return published.weights.length + published.tokenizer.length;
}

test("nothing is asked of the hub before somebody asks for a model", async () => {
  hub.behave();
  session.server.set("http://quiet.test/", "<!doctype html><title>Quiet</title><p>A walrus hums.</p>");
  await session.read("http://quiet.test/");
  await session.extension.waitIndexed(60);
  const page = await session.open(session.extension.url("options/options.html"));
  await page.waitForSelector(`#models [data-model="${MODEL}"]`, WAIT);
  await sleep(3000);
  assert.deepEqual(hub.asked, []);
});

test("a model comes through a redirect, once, without a word about who asks", async () => {
  hub.behave();
  await act("download");
  const state = await reaches("ready");
  assert.equal(hub.given, size());
  assert.deepEqual(new Set(hub.asked.map(({ host }) => host)), new Set([HUB, "cdn-lfs.hf.co"]));
  for (const { cookie, referer, range } of hub.asked)
    assert.deepEqual([cookie, referer, range], [null, null, null]);
  assert.equal((await stored()).length, 2, "weights and tokenizer, and no pieces");
  assert.ok(state.storedBytes > 0 && state.storedBytes < published.weights.length / 2 + 1_000_000);
  await act("verify");
  assert.ok(((await session.extension.model(MODEL)).verifiedAt ?? 0) > (state.verifiedAt ?? 0));
});

test("it goes on where it stopped after a pause, and takes nothing meanwhile", async () => {
  hub.behave({ bytesPerSecond: 1_500_000 });
  await act("download");
  await came(500_000);
  await act("pause");
  const paused = await reaches("paused");
  const before = hub.given;
  await sleep(1500);
  const received = (await session.extension.model(MODEL)).files[0]?.received ?? 0;
  assert.ok(received >= (paused.files[0]?.received ?? 0));
  assert.ok(hub.given - before <= 256 * 1024, `${hub.given - before} bytes after the pause`);
  hub.manners.bytesPerSecond = Number.POSITIVE_INFINITY;
  await act("download");
  await reaches("ready");
  assert.ok(
    hub.asked.some(({ range }) => range === `bytes=${received}-`),
    JSON.stringify(hub.asked),
  );
  assert.ok(hub.given < size() * 1.4, `${hub.given} of ${size()}`);
});

test("connections that are cut off are taken up again", async () => {
  hub.behave({ cutAfter: [700_000, 700_000] });
  await act("download");
  await reaches("ready");
  assert.equal(hub.asked.filter(({ range }) => range !== null).length, 4, "two answers, each redirected");
  assert.ok(hub.given < size() * 1.2, `${hub.given} of ${size()}`);
});

test("a hub without ranges still gives the file", async () => {
  hub.behave({ cutAfter: [1_500_000], ignoreRanges: true });
  await act("download");
  await reaches("ready");
});

test("500 is tried again, 404 is not", async () => {
  hub.behave({ statuses: [500, 503] });
  await act("download");
  const waiting = await suffers("server");
  assert.equal(waiting.phase, "downloading");
  assert.ok(waiting.retryAt !== null && waiting.detail?.includes("50"));
  await reaches("ready");
  await act("delete");
  hub.behave({ statuses: [404] });
  await act("download");
  assert.equal((await suffers("notFound")).phase, "failed");
  await sleep(3000);
  assert.equal(hub.asked.length, 1);
  await act("download");
  await reaches("ready");
});

test("wrong bytes and wrong lengths are thrown away", async () => {
  hub.behave({ spoil: true });
  await act("download");
  assert.equal((await suffers("wrongBytes")).phase, "failed");
  assert.deepEqual(await stored(), []);
  hub.behave({ longer: 10 });
  await act("download");
  assert.equal((await suffers("wrongLength")).phase, "failed");
  assert.deepEqual(await stored(), []);
  hub.behave();
  await act("download");
  await reaches("ready");
});

test("the hub cannot send it to a host that the policy does not name", async () => {
  hub.behave({ storage: "elsewhere.test" });
  await act("download");
  assert.equal((await suffers("unreachable")).phase, "downloading");
  assert.ok(hub.asked.every(({ host }) => host === HUB));
});

test("without room it stops, says so, and goes on when there is some", async () => {
  hub.behave({ bytesPerSecond: 3_000_000 });
  await act("download");
  await came(1_000_000);
  // As a full disk shows, at the write. Chromium's quota cannot be set for it: an override is reported, with and without
  // the permission for unlimited storage, but no write fails.
  await session.worker.evaluate(() => {
    const kept = globalThis as { put?: IDBObjectStore["put"] };
    kept.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, value, key) {
      if (this.name === "models") throw new DOMException("full", "QuotaExceededError");
      return (kept.put as IDBObjectStore["put"]).call(this, value, key);
    };
  });
  const state = await suffers("noSpace");
  assert.equal(state.phase, "failed");
  const received = state.files[0]?.received ?? 0;
  assert.ok(received >= 1_000_000, "what came is kept");
  await session.worker.evaluate(() => {
    IDBObjectStore.prototype.put = (globalThis as { put?: IDBObjectStore["put"] }).put as never;
  });
  hub.behave();
  await act("download");
  await reaches("ready");
  assert.equal(hub.given, size() - received);
});

test("a worker that is killed again and again still brings it home", async () => {
  hub.behave({ bytesPerSecond: 4_000_000 });
  await act("download");
  for (const share of [0.3, 0.6]) {
    await came(size() * share - 1_000_000);
    await session.worker.kill();
  }
  await reaches("ready");
  assert.ok(hub.given < size() * 1.7, `${hub.given} of ${size()}`);
});

/** The options page, with the model in sight. */
async function optionsPage(): Promise<Page> {
  const page = await session.open(session.extension.url("options/options.html"));
  await page.waitForSelector(`#models [data-model="${MODEL}"]`, WAIT);
  return page;
}

test("a model is imported from files in the options, without the network", async () => {
  hub.behave();
  const folder = await mkdtemp(path.join(os.tmpdir(), "afterimage-import-"));
  try {
    await writeFile(path.join(folder, WEIGHTS), published.weights);
    await writeFile(path.join(folder, TOKENIZER), published.tokenizer);
    await writeFile(path.join(folder, "other.txt"), "no model");
    const page = await optionsPage();
    const choose = async (...names: string[]): Promise<void> => {
      const [chooser] = await Promise.all([
        page.waitForFileChooser(WAIT),
        // Whatever else of the page is still coming in must not move it from under the click.
        page.$eval(`[data-model="${MODEL}"] .import`, (button) => (button as HTMLElement).click()),
      ]);
      await chooser.accept(names.map((name) => path.join(folder, name)));
    };
    await choose("other.txt");
    await page.waitForFunction(
      () => /model\.safetensors/.test(document.querySelector("#problem")?.textContent ?? ""),
      WAIT,
    );
    assert.equal((await session.extension.model(MODEL)).phase, "absent");
    await choose(WEIGHTS, TOKENIZER);
    await reaches("ready");
    await page.waitForSelector(`[data-model="${MODEL}"][data-phase=ready]`, WAIT);
    assert.deepEqual(hub.asked, []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("download, pause, resume and delete are buttons, and what goes wrong is told", async () => {
  hub.behave({ bytesPerSecond: 1_000_000 });
  const page = await optionsPage();
  const row = `[data-model="${MODEL}"]`;
  await page.click(`${row} .download`);
  await page.waitForSelector(`${row}[data-phase=downloading] progress`, WAIT);
  await page.click(`${row} .pause`);
  await page.waitForSelector(`${row}[data-phase=paused]`, WAIT);
  hub.behave({ statuses: [404] });
  await page.click(`${row} .download`);
  await page.waitForSelector(`${row}[data-phase=failed] .problem`, WAIT);
  hub.behave();
  await page.click(`${row} .download`);
  await page.waitForSelector(`${row}[data-phase=ready]`, WAIT);
  await page.click(`${row} .verify`);
  await page.click(`${row} .delete`);
  await page.waitForSelector("#confirm[open]", WAIT);
  await page.click("#confirm-yes");
  await page.waitForSelector(`${row}[data-phase=absent]`, WAIT);
  assert.deepEqual(await stored(), []);
});
