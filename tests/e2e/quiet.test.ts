// The fan stays quiet: while pages are read and indexed, the extension takes at most half of one core over any ten
// seconds, by the processor time of its own process.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { inContentScript } from "./harness/isolated-world.ts";
import { skipWhere } from "./harness/missing.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { sleep, until } from "./harness/until.ts";

/** Seconds of processor time in any window of ten. */
const HALF = 5;
const WINDOW = 10;
/** Long enough for pages to be read, and for more passages than are embedded meanwhile. */
const SECONDS = 35;
const ARTICLES = ["sourdough", "rye-bread", "honeybees", "volcano", "tides", "bicycle-chain", "movable-type"];

let session: Session;
before(async () => {
  session = await Session.start();
});
after(() => session.close());

/** Processor seconds of the processes in which extensions run; the browser says which those are in their command line. */
async function processorSeconds(): Promise<number> {
  const { processInfo } = await session.chromium.cdp.send("SystemInfo.getProcessInfo");
  const ours = processInfo.filter(({ id }) => {
    const file = `/proc/${id}/cmdline`;
    return existsSync(file) && readFileSync(file, "utf8").includes("--extension-process");
  });
  assert.ok(ours.length > 0, "no process of an extension was found");
  return ours.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

test("indexing takes at most half of a core over any ten seconds", {
  skip: skipWhere(existsSync("/proc") ? null : "there is no /proc to find the processes in"),
}, async () => {
  const text = ARTICLES.map((name) => readFileSync(`tests/pages/articles/${name}.html`, "utf8")).join("");
  const urls = Array.from({ length: 8 }, (_, n) => ownUrl(`long-${n}`));
  for (const [n, url] of urls.entries())
    session.server.set(
      url,
      `<!doctype html><title>Number ${n}</title><article>${text.repeat(6)}<p>Number ${n}.</p></article>`,
    );
  // The module is compiled and the backends are measured once, at the first page; that is not what is asked here.
  await session.read(ownUrl("volcano"));
  await session.extension.waitIndexed(90);

  const reading = session.readAll(urls);
  const samples: number[] = [];
  for (let second = 0; second <= SECONDS; second += 1) {
    samples.push(await processorSeconds());
    await sleep(1_000);
  }
  await reading;
  const { unembedded } = await session.extension.state();
  assert.ok(unembedded > 0, "it was at work to the end, else this says nothing");
  const windows = samples.slice(WINDOW).map((later, n) => later - (samples[n] ?? later));
  const most = Math.max(...windows);
  console.log(`at most ${most.toFixed(2)} s of processor time in ${WINDOW} s`);
  assert.ok(most <= HALF, `${most} s of processor time in ${WINDOW} s`);
});

test("with the battery nearly empty nothing is embedded, also by the next worker, until it is charged", async () => {
  const spared = await Session.start();
  try {
    const { extension, worker, chromium } = spared;
    const page = await spared.read(ownUrl("spa"));
    await extension.waitIndexed(60);
    const plug = (charging: boolean) =>
      inContentScript(
        page,
        chromium.extensionId,
        `navigator.getBattery = async () => ({ charging: ${charging}, level: 0.1 }); true`,
      );
    await plug(false);
    const before = await spared.arrived();
    await page.evaluate("goOn()");
    await until("the second view arrived", async () => (await spared.arrived()) > before);
    const { sparing, unembedded } = await until("it is found by its words", async () => {
      const state = await extension.state();
      return state.queued === 0 && state;
    });
    assert.ok(sparing && unembedded > 0, `${unembedded} passages wait`);
    const found = async () => (await extension.searchWords("starlings")).hits.map((hit) => hit.url);
    assert.deepEqual(await found(), [`${ownUrl("spa")}marsh`]);

    await worker.kill();
    for (let second = 0; second < 5; second += 1) {
      assert.equal((await extension.state()).unembedded, unembedded);
      await sleep(1_000);
    }

    await page.goto(ownUrl("tides"));
    await plug(true);
    const { sparing: still } = await extension.waitIndexed(60);
    assert.ok(!still);
  } finally {
    await spared.close();
  }
});
