// Who embeds: WebGPU where there is one, else the CPU, else the hash; each link shown by taking away the one
// before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend, Diagnosis, State } from "../../messages/messages.ts";
import { htmlPage } from "./harness/articles.ts";
import { ExtensionCopy } from "./harness/extension-copy.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";

/** Gives a software adapter where there is no graphics hardware. */
const SOFTWARE_GPU = "--enable-unsafe-webgpu";
/** A few word pieces each: software takes seconds for what hardware does in milliseconds. */
const TEXTS = ["how to bake bread", "tides of the sea", "a swarm of bees", "Gutenberg's press"];
const SHORT = htmlPage(
  "On kettles",
  "<h1>On kettles</h1><p>A kettle sings before it boils, and then it hums.</p>",
);

test("WebGPU embeds when it is there, and its vectors are the CPU's", async () => {
  const session = await Session.start({
    args: [SOFTWARE_GPU],
    settings: { backend: "webGpu", allowSoftwareGpu: true },
  });
  try {
    const byGpu = await diagnoseAll(session);
    const state = await session.extension.state();
    assert.deepEqual(linkOf(state, "webGpu").code, "ready");
    assert.equal(state.queryChoice.backend, "webGpu");
    assert.ok(byGpu.every((each) => each.backend === "webGpu"));

    session.server.set(ownUrl("kettles"), SHORT);
    await session.read(ownUrl("kettles"));
    const indexed = await session.extension.waitIndexed(240);
    assert.equal(indexed.bulkChoice.backend, "webGpu");
    const found = await session.extension.search("boiling water makes a sound");
    assert.equal(found.backend, "webGpu");
    assert.equal(found.hits[0]?.url, ownUrl("kettles"));

    const after = await session.extension.configure({ backend: "cpu" });
    assert.equal(after.unembedded, 0, "both are one space: nothing is embedded again");
    const byCpu = await diagnoseAll(session);
    byCpu.forEach((cpu, i) => {
      const gpu = byGpu[i];
      assert.ok(gpu);
      assert.equal(cpu.backend, "cpu");
      assert.equal(cpu.space, gpu.space);
      assert.equal(cpu.tokens, gpu.tokens);
      assert.ok(Math.abs(gpu.norm - 1) < 1e-3 && Math.abs(cpu.norm - 1) < 1e-3);
    });
    const alike = cosine(
      byGpu.flatMap((each) => each.firstTen),
      byCpu.flatMap((each) => each.firstTen),
    );
    assert.ok(alike >= 0.99, `cosine of what is shown of both: ${alike}`);
  } finally {
    await session.close();
  }
});

test("a software adapter counts as none unless the switch is set", async () => {
  const session = await Session.start({ args: [SOFTWARE_GPU], settings: { backend: "webGpu" } });
  try {
    const [first] = await diagnoseAll(session);
    assert.equal(first?.backend, "cpu");
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

async function diagnoseAll(session: Session): Promise<Diagnosis[]> {
  const out: Diagnosis[] = [];
  for (const text of TEXTS) out.push(await session.extension.ask({ type: "diagnose", text }));
  return out;
}

function linkOf(state: State, backend: Backend): State["chain"][number] {
  const link = state.chain.find((each) => each.backend === backend);
  assert.ok(link, `${backend} is in the chain`);
  return link;
}

function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
