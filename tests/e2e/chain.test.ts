// Who embeds: WebGPU where there is one, else the CPU, else the hash; each link shown by taking away the one
// before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnosis } from "../../messages/messages.ts";
import { htmlPage } from "./harness/articles.ts";
import { SOFTWARE_GPU } from "./harness/browser.ts";
import { linkOf } from "./harness/extension.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { until } from "./harness/until.ts";
import { cosine, storedVectors } from "./harness/vectors.ts";

/** A few word pieces: software takes seconds for what hardware does in milliseconds. */
const TEXT = "how to bake bread";
const SHORT = htmlPage(
  "On kettles",
  "<h1>On kettles</h1><p>A kettle sings before it boils, and then it hums.</p>",
);

test("WebGPU embeds when it is there, and its vectors are the CPU's", async (t) => {
  const session = await Session.start({
    args: [SOFTWARE_GPU],
    settings: { backend: "webGpu", allowSoftwareGpu: true },
  });
  try {
    const { extension } = session;
    const url = ownUrl("kettles");
    session.server.set(url, SHORT);
    const page = await session.read(url);
    const indexed = await extension.waitIndexed(240);
    assert.equal(linkOf(indexed, "webGpu").code, "ready");
    assert.equal(indexed.bulkChoice.backend, "webGpu");
    assert.equal(indexed.queryChoice.backend, "webGpu");
    const byGpu = await storedVectors(extension.page);
    assert.ok(byGpu.length >= 2, "title and text have a vector each");

    const found = await extension.search("boiling water makes a sound");
    assert.equal(found.backend, "webGpu");
    assert.equal(found.hits[0]?.url, url);
    const gpu = await diagnose(session);

    const after = await extension.configure({ backend: "cpu" });
    assert.equal(after.unembedded, 0, "both are one space: nothing is embedded again");
    const cpu = await diagnose(session);
    assert.deepEqual([gpu.backend, cpu.backend], ["webGpu", "cpu"]);
    assert.deepEqual([cpu.space, cpu.dims, cpu.tokens], [gpu.space, gpu.dims, gpu.tokens]);
    assert.ok(Math.abs(gpu.norm - 1) < 1e-3 && Math.abs(cpu.norm - 1) < 1e-3);

    // The same passages, by the CPU.
    await extension.ask({ type: "forget", scope: "page", page: found.hits[0].page });
    assert.deepEqual(await storedVectors(extension.page), []);
    await page.reload();
    await until("the page arrived again", async () => (await session.arrived()) === 1);
    assert.equal((await extension.waitIndexed(60)).bulkChoice.backend, "cpu");
    const byCpu = await storedVectors(extension.page);
    assert.deepEqual(
      byCpu.map(({ passage, space }) => [passage, space]),
      byGpu.map(({ passage, space }) => [passage, space]),
    );
    byGpu.forEach(({ passage, values }, i) => {
      const other = byCpu[i]?.values ?? [];
      assert.equal(values.length, gpu.dims);
      assert.equal(other.length, gpu.dims);
      const alike = cosine(values, other);
      t.diagnostic(`${passage}: cosine ${alike.toFixed(6)}`);
      // The CPU computes in int8.
      assert.ok(alike >= 0.99, `${passage}: all its values have a cosine of ${alike}`);
    });
  } finally {
    await session.close();
  }
});

test("a software adapter counts as none unless the switch is set", async () => {
  const session = await Session.start({ args: [SOFTWARE_GPU], settings: { backend: "webGpu" } });
  try {
    assert.equal((await diagnose(session)).backend, "cpu");
    const link = linkOf(await session.extension.state(), "webGpu");
    assert.equal(link.available, false);
    assert.equal(link.code, "software_adapter");
  } finally {
    await session.close();
  }
});

test("without a graphics adapter the CPU embeds, and says why", async () => {
  const session = await Session.start();
  try {
    await session.read(ownUrl("tides"));
    const state = await session.extension.waitIndexed(60);
    assert.equal(linkOf(state, "webGpu").available, false);
    assert.equal(linkOf(state, "webGpu").code, "no_adapter");
    assert.equal(linkOf(state, "cpu").code, "ready");
    assert.ok((linkOf(state, "cpu").queryMs ?? 0) > 0, "the CPU was measured");
    assert.equal(state.bulkChoice.backend, "cpu");
    assert.match(state.bulkChoice.reason, /\w+ \w+/);
    assert.equal(state.problem, null);
    const found = await session.extension.search("lunar gravity and the ocean");
    assert.equal(found.backend, "cpu");
    assert.equal(found.hits[0]?.url, ownUrl("tides"));
    const marks = await session.worker.evaluate(() =>
      performance.getEntriesByType("mark").map((mark) => mark.name),
    );
    assert.ok(marks.includes("relaxed"), `Chromium has relaxed SIMD: ${marks.join(" ")}`);
  } finally {
    await session.close();
  }
});

for (const [how, code] of [
  ["missing", "weights_missing"],
  ["truncated", "weights_truncated"],
  ["corrupted", "weights_wrong_hash"],
] as const) {
  test(`with ${how} weights the hash embeds, and the model does when they are back`, async () => {
    const copy = await ExtensionCopy.make();
    const restore = await copy.damageWeights(how);
    const session = await Session.start({ extension: copy.folder });
    try {
      await session.read(ownUrl("movable-type"));
      await session.read(ownUrl("tides"));
      const broken = await session.extension.waitIndexed(60);
      assert.equal(linkOf(broken, "cpu").available, false);
      assert.equal(linkOf(broken, "cpu").code, code);
      assert.equal(broken.bulkChoice.backend, "hash");
      assert.ok(broken.problem !== null && /\w+ \w+/.test(broken.problem), "a person is told");
      const byLetters = await session.extension.search("Gutenberg's workshop and press");
      assert.equal(byLetters.backend, "hash");
      assert.equal(byLetters.hits[0]?.url, ownUrl("movable-type"));

      await restore();
      await session.worker.kill();
      const again = await session.extension.waitIndexed(120);
      assert.equal(again.problem, null);
      assert.notEqual(again.space, broken.space);
      assert.equal(linkOf(again, "cpu").code, "ready");
      const byMeaning = await session.extension.search("inventor of book printing in Germany");
      assert.equal(byMeaning.backend, "cpu");
      assert.equal(byMeaning.hits[0]?.url, ownUrl("movable-type"));
      assert.ok((byMeaning.hits[0]?.cosine ?? 0) > 0.3, "found by a vector of the model");
    } finally {
      await session.close();
      await copy.remove();
    }
  });
}

function diagnose(session: Session): Promise<Diagnosis> {
  return session.extension.ask({ type: "diagnose", text: TEXT });
}
