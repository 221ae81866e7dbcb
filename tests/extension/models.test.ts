// Reading a model's files from the network: what is handed on, when it stops, and what is told of how it ended.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Downloads, type Keeper, MODEL_ALARM } from "../../background/worker/models.ts";
import type { ModelFetch, ModelStep } from "../../messages/messages.ts";

const MIB = 1 << 20;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  mock.method(console, "warn", () => {});
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The Rust side in small: one file, fetched until it is whole or something is wrong with it. */
class SmallKeeper implements Keeper {
  readonly size: number;
  here = 0;
  pieces: number[] = [];
  /** A status, `otherLength` or `broken`. */
  troubles: (number | string)[] = [];
  wanted = true;
  /** Wait so long after a trouble; without it, that was all. */
  wait: number | null = null;
  #due = false;

  constructor(size: number, here = 0) {
    this.size = size;
    this.here = here;
  }

  wantsNetwork(): boolean {
    return this.wanted && this.here < this.size;
  }

  async modelNext(): Promise<ModelStep | undefined> {
    if (!this.wantsNetwork()) return undefined;
    if (this.#due && this.wait !== null) {
      this.#due = false;
      return { step: "wait", ms: this.wait };
    }
    const fetch: ModelFetch = {
      model: "m",
      file: "f",
      url: "https://hub.example/f",
      from: this.here,
      size: this.size,
    };
    return { step: "fetch", ...fetch };
  }

  async modelTake(_model: string, _file: string, at: number, bytes: Uint8Array): Promise<boolean> {
    assert.equal(at, this.here);
    // It is the file's own bytes, in order.
    for (const [i, byte] of bytes.entries()) if (byte !== (at + i) % 251) assert.fail(`byte ${at + i}`);
    this.here += bytes.length;
    this.pieces.push(bytes.length);
    return this.wanted && this.here < this.size;
  }

  async modelTrouble(_model: string, _file: string, status?: number, detail?: string): Promise<void> {
    this.troubles.push(status ?? (detail === undefined ? "otherLength" : "broken"));
    this.#due = true;
    if (this.wait === null) this.wanted = false;
  }
}

class Clock {
  set: string[] = [];
  cleared: string[] = [];
  async setAlarm(name: string): Promise<void> {
    this.set.push(name);
  }
  async clearAlarm(name: string): Promise<void> {
    this.cleared.push(name);
  }
  async heartbeat(): Promise<void> {}
}

function file(from: number, to: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251);
}

/** A server that answers with these, in turn, and what it was asked. */
function server(...answers: (() => Response | Promise<Response>)[]): {
  get: typeof fetch;
  ranges: (string | null)[];
} {
  const ranges: (string | null)[] = [];
  const get = async (_: unknown, init?: RequestInit): Promise<Response> => {
    ranges.push(new Headers(init?.headers).get("range"));
    const answer = answers.shift();
    assert.ok(answer, "asked once more than expected");
    const response = await answer();
    init?.signal?.throwIfAborted();
    return response;
  };
  return { get: get as typeof fetch, ranges };
}

function part(from: number, to: number, total: number, claimed = total): Response {
  const headers = { "content-range": `bytes ${from}-${to - 1}/${claimed}` };
  return new Response(file(from, to), { status: 206, headers });
}

function run(keeper: Keeper, get: typeof fetch, clock = new Clock()): Promise<void> {
  return new Downloads(
    async () => keeper,
    clock,
    () => {},
    get,
  ).resume();
}

test("a whole file is handed on in pieces, and then the alarm goes", async () => {
  const size = 2 * MIB + 5;
  const keeper = new SmallKeeper(size);
  const clock = new Clock();
  const { get, ranges } = server(() => new Response(file(0, size)));
  await run(keeper, get, clock);
  assert.deepEqual(keeper.pieces, [MIB, MIB, 5]);
  assert.deepEqual(ranges, [null]);
  assert.deepEqual([clock.set, clock.cleared], [[MODEL_ALARM], [MODEL_ALARM]]);
});

test("nothing is fetched where nothing is wanted", async () => {
  const keeper = new SmallKeeper(10);
  keeper.wanted = false;
  const { get, ranges } = server();
  await run(keeper, get);
  assert.deepEqual(ranges, []);
});

test("it asks for the rest, and skips what a server without ranges gives again", async () => {
  for (const answer of [() => part(100, 300, 300), () => new Response(file(0, 300))]) {
    const keeper = new SmallKeeper(300, 100);
    const { get, ranges } = server(answer);
    await run(keeper, get);
    assert.deepEqual([keeper.here, keeper.pieces, keeper.troubles], [300, [200], []]);
    assert.deepEqual(ranges, ["bytes=100-"]);
  }
});

test("what is cut off is kept and told", async () => {
  const keeper = new SmallKeeper(300);
  keeper.wait = 1000;
  const { get, ranges } = server(
    () => new Response(file(0, 120)),
    () => part(120, 300, 300),
  );
  const running = run(keeper, get);
  while (keeper.troubles.length === 0) await settle();
  assert.deepEqual([keeper.here, keeper.troubles[0]], [120, "broken"]);
  for (let i = 0; i < 10; i += 1) await settle();
  assert.equal(ranges.length, 1, "it waits");
  mock.timers.tick(1000);
  await running;
  assert.equal(keeper.here, 300);
});

test("answers that are not what was asked for are refused before a byte of them is kept", async () => {
  const length = (bytes: number) => ({ headers: { "content-length": String(bytes) } });
  for (const [answer, how] of [
    [() => part(90, 300, 300), "otherLength"],
    [() => part(100, 300, 300, 301), "otherLength"],
    [() => new Response(file(0, 300), length(299)), "otherLength"],
    [() => new Response("no", { status: 404 }), 404],
    [() => new Response("no", { status: 500 }), 500],
    [() => Promise.reject(new TypeError("Failed to fetch")), "broken"],
  ] as const) {
    const keeper = new SmallKeeper(300, 100);
    await run(keeper, server(answer).get);
    assert.deepEqual([keeper.here, keeper.troubles], [100, [how]]);
  }
});

test("more bytes than there should be are not taken", async () => {
  const keeper = new SmallKeeper(300);
  await run(keeper, server(() => new Response(file(0, 400))).get);
  assert.deepEqual([keeper.here, keeper.troubles[0]], [0, "otherLength"]);
});

/** A stream that gives some bytes and then nothing. */
function stuck(bytes: number): () => Response {
  return () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(file(0, bytes)) }));
}

/** As `fetch` does: the stream breaks when the request is aborted. */
function breakable(answer: () => Response): typeof fetch {
  return (async (_: unknown, init?: RequestInit) => {
    const { body } = answer();
    const reader = body?.getReader();
    return new Response(
      new ReadableStream({
        async start(stream) {
          init?.signal?.addEventListener("abort", () => stream.error(new DOMException("gone", "AbortError")));
          const { value } = (await reader?.read()) ?? {};
          stream.enqueue(value);
        },
      }),
    );
  }) as typeof fetch;
}

test("a connection on which nothing comes is given up, and what came is kept", async () => {
  const keeper = new SmallKeeper(300);
  const running = run(keeper, breakable(stuck(50)));
  for (let i = 0; i < 10; i += 1) await settle();
  mock.timers.tick(29_000);
  await settle();
  assert.deepEqual(keeper.troubles, []);
  mock.timers.tick(1_000);
  await running;
  assert.deepEqual([keeper.here, keeper.troubles.length], [50, 1]);
});

test("a pause ends the request at once, keeps what came and is no trouble", async () => {
  const keeper = new SmallKeeper(300);
  const downloads = new Downloads(
    async () => keeper,
    new Clock(),
    () => {},
    breakable(stuck(50)),
  );
  const running = downloads.resume();
  for (let i = 0; i < 10; i += 1) await settle();
  keeper.wanted = false;
  await downloads.resume();
  await running;
  assert.deepEqual([keeper.here, keeper.troubles], [50, []]);
});

test("somebody who asks again does not wait", async () => {
  const keeper = new SmallKeeper(300);
  keeper.wait = 100_000;
  const { get, ranges } = server(
    () => new Response("no", { status: 500 }),
    () => new Response(file(0, 300)),
  );
  const downloads = new Downloads(
    async () => keeper,
    new Clock(),
    () => {},
    get,
  );
  const running = downloads.resume();
  for (let i = 0; i < 10; i += 1) await settle();
  assert.equal(ranges.length, 1);
  keeper.wait = null;
  void downloads.resume();
  await running;
  assert.equal(keeper.here, 300);
});

test("a store that fails ends it until the alarm", async () => {
  const keeper = new SmallKeeper(300);
  keeper.modelTake = () => Promise.reject(new Error("closed"));
  const clock = new Clock();
  await run(keeper, server(() => new Response(file(0, 300))).get, clock);
  assert.deepEqual([keeper.troubles, clock.set, clock.cleared], [[], [MODEL_ALARM], []]);
});
