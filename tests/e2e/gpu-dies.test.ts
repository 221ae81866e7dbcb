// The graphics processor dies: its device is lost, or its WASM module panics. Whatever was asked is answered by
// the CPU, nothing is lost, and a person can read what happened.
//
// Chromium's software adapter plays the graphics processor; what kills it is done in the worker, at the API
// that Burn calls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SOFTWARE_GPU } from "./harness/browser.ts";
import { linkOf } from "./harness/extension.ts";
import { ownUrl } from "./harness/pages.ts";
import { Session } from "./harness/session.ts";
import { PATIENCE, until } from "./harness/until.ts";

const TIDES = "lunar gravity and the ocean";
const VOLCANO = "predicting eruptions";

test("a device that is lost between two questions: the CPU answers the next one", async () => {
  const session = await withPageRead();
  try {
    const { extension, worker } = session;
    await worker.evaluate(keepDevice);
    assert.equal((await extension.search(TIDES)).backend, "webGpu");
    await worker.evaluate(() => (globalThis as unknown as { device: GPUDevice }).device.destroy());
    await until(
      "the loss is noticed",
      async () => linkOf(await extension.state(), "webGpu").code !== "ready",
    );
    await assertCpuTookOver(session, "device_lost", /^The graphics device was lost/);
  } finally {
    await session.close();
  }
});

test("a device that is lost while a question waits for it: the CPU answers this one", async () => {
  const session = await withPageRead();
  try {
    const { extension, worker } = session;
    await worker.evaluate(keepDevice);
    assert.equal((await extension.search(TIDES)).backend, "webGpu");
    await worker.evaluate(() => {
      const submit = GPUQueue.prototype.submit;
      GPUQueue.prototype.submit = function (this: GPUQueue, buffers) {
        submit.call(this, buffers);
        (globalThis as unknown as { device: GPUDevice }).device.destroy();
      };
    });
    await assertCpuTookOver(session, "device_lost", /graphics device was lost/);
  } finally {
    await session.close();
  }
});

test("a module that panics when it is opened is not asked again", async () => {
  const session = await withPageRead();
  try {
    const { extension, worker } = session;
    await worker.evaluate(refuseBuffers);
    await assertCpuTookOver(
      session,
      "gpu_panic",
      /^The GPU module failed at webgpu.rs:\d+: .*allocation failed/,
    );

    // Changing the switch has WebGPU tried again, but what panicked must not run any more.
    const closed = linkOf(await extension.state(), "webGpu");
    await worker.evaluate(allowBuffers);
    await extension.configure({ allowSoftwareGpu: false });
    await extension.configure({ allowSoftwareGpu: true });
    assert.equal(linkOf(await extension.state(), "webGpu").code, "untried");
    assert.equal((await extension.search(TIDES)).backend, "cpu");
    assert.deepEqual(linkOf(await extension.state(), "webGpu"), closed, "not a panic about the first panic");
  } finally {
    await session.close();
  }
});

test("a module that panics at a question: the CPU answers this one", async () => {
  const session = await withPageRead();
  try {
    const { extension, worker } = session;
    assert.equal((await extension.search(TIDES)).backend, "webGpu");
    await worker.evaluate(refuseBuffers);
    await assertCpuTookOver(
      session,
      "gpu_panic",
      /The GPU module failed at webgpu.rs:\d+: .*allocation failed/,
    );
  } finally {
    await session.close();
  }
});

/** A session that has a page, embedded by the CPU in no time, and is to use WebGPU from now on. */
async function withPageRead(): Promise<Session> {
  const session = await Session.start({ args: [SOFTWARE_GPU], settings: { backend: "cpu" } });
  await session.read(ownUrl("tides"));
  await session.extension.waitIndexed(60);
  await session.extension.configure({ backend: "webGpu", allowSoftwareGpu: true });
  return session;
}

/** Runs in the worker: keeps the device that the GPU module asks for where a test finds it. */
function keepDevice(): void {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
    const device = await request.call(this, descriptor);
    Object.assign(globalThis, { device });
    return device;
  };
}

/** Runs in the worker: there is no memory any more. Browsers say so with this error, and wgpu panics. */
function refuseBuffers(): void {
  const { createBuffer } = GPUDevice.prototype;
  const { writeBuffer } = GPUQueue.prototype;
  const refuse = (): never => {
    throw new RangeError("Array buffer allocation failed");
  };
  Object.assign(globalThis, { refused: { createBuffer, writeBuffer } });
  GPUDevice.prototype.createBuffer = refuse;
  GPUQueue.prototype.writeBuffer = refuse;
}

/** Runs in the worker: there is memory again. */
function allowBuffers(): void {
  const { refused } = globalThis as unknown as { refused: Record<string, never> };
  Object.assign(GPUDevice.prototype, { createBuffer: refused.createBuffer });
  Object.assign(GPUQueue.prototype, { writeBuffer: refused.writeBuffer });
}

/** The next question is answered by the CPU, all that was read is found, more can be, and the reason is shown. */
async function assertCpuTookOver(session: Session, code: string, sentence: RegExp): Promise<void> {
  const { extension } = session;
  const found = await extension.search(TIDES);
  assert.equal(found.backend, "cpu");
  assert.equal(found.hits[0]?.url, ownUrl("tides"));

  const state = await extension.state();
  const link = linkOf(state, "webGpu");
  assert.equal(link.available, false);
  assert.equal(link.code, code);
  assert.match(link.detail, sentence);
  assert.equal(state.queryChoice.backend, "cpu");
  assert.ok(state.queryChoice.reason.includes(link.detail), "the choice says why");
  assert.equal(state.problem, null, "the CPU does it as well: nothing to worry about");
  assert.equal(state.unembedded, 0);

  const options = await session.chromium.browser.newPage();
  await options.goto(extension.url("options/options.html"));
  const row = await options.waitForSelector("#chain tr[data-backend=webGpu]", { timeout: 30_000 * PATIENCE });
  const shown = await row?.evaluate((each) => [each.dataset.code, each.textContent]);
  assert.equal(shown?.[0], code);
  assert.ok(shown?.[1]?.includes(link.detail), `the diagnostics say it: ${shown?.[1]}`);
  await options.close();

  await session.read(ownUrl("volcano"));
  const indexed = await extension.waitIndexed(60);
  assert.equal(indexed.bulkChoice.backend, "cpu");
  assert.equal((await extension.search(VOLCANO)).hits[0]?.url, ownUrl("volcano"));
}
