// The file on its way to and from the disk: what was written is read, in slices, sealed and not; and nothing that was
// changed, cut off or put together anew is taken for it. The background is played by a few lines here.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Bytes, concat, fromBase64, toBase64 } from "../../extension/transfer/bytes.ts";
import { Reader, Writer } from "../../extension/transfer/file.ts";
import { FileError } from "../../extension/transfer/problem.ts";
import { type Background, look, take, write } from "../../extension/transfer/run.ts";
import { CHUNK, HEADER, headerOf, SEAL, SEALED_CHUNK } from "../../extension/transfer/seal.ts";
import {
  FILE_MAGIC,
  FRAME_HEADER,
  FRAME_LIMIT,
  type Imported,
  type Settings,
} from "../../messages/messages.ts";

const PASSPHRASE = "correct horse battery staple";

function random(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 0x10000) crypto.getRandomValues(bytes.subarray(at, at + 0x10000));
  return bytes;
}

/** A frame as far as this side knows it: its header has the payload's length. */
function frameOf(payload: Bytes): Bytes {
  const head = new Uint8Array(FRAME_HEADER);
  new DataView(head.buffer).setUint32(1, payload.length, true);
  return concat(head, payload);
}

async function fileOf(passphrase: string, frames: readonly Bytes[]): Promise<Blob> {
  const writer = await Writer.begin(passphrase);
  await writer.add(concat(headerOf(false), frames[0] ?? new Uint8Array(0)));
  for (const frame of frames.slice(1)) await writer.add(frame);
  return writer.end();
}

async function framesOf(file: Blob, passphrase: string): Promise<Bytes[]> {
  const reader = await Reader.begin(file, passphrase);
  const frames: Bytes[] = [];
  while (!reader.ended) frames.push(await reader.frame());
  return frames;
}

async function bytesOf(file: Blob): Promise<Bytes> {
  return new Uint8Array(await file.arrayBuffer());
}

async function refused(file: Blob | Bytes, passphrase: string): Promise<string> {
  try {
    await framesOf(file instanceof Blob ? file : new Blob([file]), passphrase);
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    return error.code;
  }
  return "read";
}

test("base64 carries any bytes", () => {
  for (const length of [0, 1, 2, 3, 0x8000, 0x8001, 100_000]) {
    const bytes = random(length);
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
});

describe("sealed and plain", () => {
  for (const passphrase of ["", PASSPHRASE]) {
    // The last sizes fill the last chunk to the byte, or by one too few or too many.
    const inside = HEADER + FRAME_HEADER;
    for (const sizes of [
      [0],
      [5, 70_000, 0],
      [3 * CHUNK + 17, 9],
      [CHUNK - inside - 1],
      [CHUNK - inside],
      [CHUNK - inside + 1],
      [2 * CHUNK - inside],
    ])
      test(`frames of ${sizes} bytes, ${passphrase === "" ? "plain" : "sealed"}`, async () => {
        const frames = sizes.map((size) => frameOf(random(size)));
        const file = await fileOf(passphrase, frames);
        assert.equal(await Reader.isSealed(file), passphrase !== "");
        assert.deepEqual(await framesOf(file, passphrase), frames);
      });
  }

  test("the same passphrase typed another way opens the file, another one does not", async () => {
    const file = await fileOf("Zo\u00eb", [frameOf(random(100))]);
    assert.equal(await refused(file, "Zoe\u0308"), "read");
    for (const wrong of ["", "Zoe", "zo\u00eb", "Zo\u00eb "])
      assert.equal(await refused(file, wrong), "passphrase");
  });

  test("nothing of what is sealed can be seen, and no two files are alike", async () => {
    const frame = frameOf(new TextEncoder().encode("what I have read ".repeat(1000)));
    const [one, two] = [
      await bytesOf(await fileOf(PASSPHRASE, [frame])),
      await bytesOf(await fileOf(PASSPHRASE, [frame])),
    ];
    assert.ok(!Buffer.from(one).includes("have read"));
    const same = one.subarray(HEADER + SEAL).filter((byte, at) => byte === two[HEADER + SEAL + at]).length;
    assert.ok(same < one.length / 100, `${same} of ${one.length} bytes`);
  });
});

describe("what was changed is refused", () => {
  test("any changed byte of a sealed file", async () => {
    const file = await bytesOf(await fileOf(PASSPHRASE, [frameOf(random(40))]));
    // One of each part: magic, version, sealed or not, iterations, salt, empty chunk, contents, tag.
    const places = [
      0,
      FILE_MAGIC.length,
      HEADER - 1,
      HEADER,
      HEADER + 4,
      HEADER + 19,
      HEADER + 20,
      HEADER + SEAL,
      file.length - 1,
    ];
    for (const at of places) {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.notEqual(await refused(changed, PASSPHRASE), "read", `byte ${at}`);
    }
  });

  test("chunks that are missing, twice there, in another order, or of another file", async () => {
    const frames = [frameOf(random(3 * CHUNK))];
    const file = await bytesOf(await fileOf(PASSPHRASE, frames));
    const begin = HEADER + SEAL;
    const chunk = (n: number): Bytes => file.slice(begin + n * SEALED_CHUNK, begin + (n + 1) * SEALED_CHUNK);
    const put = (...parts: Bytes[]): Bytes => concat(file.slice(0, begin), ...parts);
    assert.equal(await refused(put(chunk(0), chunk(1), chunk(2), chunk(3)), PASSPHRASE), "read");
    for (const [what, changed] of [
      ["without the last", put(chunk(0), chunk(1), chunk(2))],
      ["without the first", put(chunk(1), chunk(2), chunk(3))],
      ["two changed places", put(chunk(1), chunk(0), chunk(2), chunk(3))],
      ["one is there twice", put(chunk(0), chunk(0), chunk(1), chunk(2), chunk(3))],
      ["the last one not at the end", put(chunk(0), chunk(1), chunk(2), chunk(3), chunk(3))],
      ["something behind the end", put(chunk(0), chunk(1), chunk(2), chunk(3), random(40))],
    ] as const)
      assert.equal(await refused(changed, PASSPHRASE), "damaged", what);
    assert.equal(await refused(put(), PASSPHRASE), "truncated");
    const other = await bytesOf(await fileOf(PASSPHRASE, frames));
    const mixed = concat(file.slice(0, begin + SEALED_CHUNK), other.slice(begin + SEALED_CHUNK));
    assert.equal(await refused(mixed, PASSPHRASE), "damaged", "of another file with the same passphrase");
  });

  test("a file that is cut off anywhere", async () => {
    const frames = [frameOf(random(30)), frameOf(random(50))];
    const plain = await bytesOf(await fileOf("", frames));
    const ends = [HEADER, HEADER + FRAME_HEADER + 30, plain.length];
    for (let length = 0; length < plain.length; length += 1) {
      const code = await refused(plain.slice(0, length), "");
      // Between two frames only the end that is missing tells: see below.
      assert.equal(
        code,
        length < HEADER ? "notOurs" : ends.includes(length) ? "read" : "truncated",
        `${length}`,
      );
    }
    const sealed = await bytesOf(await fileOf(PASSPHRASE, frames));
    for (const length of [HEADER, HEADER + 1, HEADER + SEAL - 1, HEADER + SEAL, sealed.length - 1])
      assert.match(await refused(sealed.slice(0, length), PASSPHRASE), /truncated|damaged/, `${length}`);
  });

  test("what is none of ours, and what is newer", async () => {
    for (const other of ["", "PK\u0003\u0004", "%PDF-1.7", "Afterimage\n\n\u001a\n\u0001\u0000", FILE_MAGIC])
      assert.equal(await refused(new Blob([other]), ""), "notOurs");
    const newer = await bytesOf(await fileOf("", [frameOf(random(3))]));
    newer[FILE_MAGIC.length] = 2;
    assert.equal(await refused(newer, ""), "newer");
  });

  test("lengths and iterations that would take all memory or time", async () => {
    const huge = frameOf(random(3));
    new DataView(huge.buffer).setUint32(1, FRAME_LIMIT + 1, true);
    assert.equal(await refused(await fileOf("", [huge]), ""), "tooLarge");
    const sealed = await bytesOf(await fileOf(PASSPHRASE, [frameOf(random(3))]));
    for (const iterations of [0, 0xffff_ffff]) {
      new DataView(sealed.buffer).setUint32(HEADER, iterations, true);
      const start = Date.now();
      assert.equal(await refused(sealed, PASSPHRASE), "damaged");
      assert.ok(Date.now() - start < 1_000);
    }
  });

  test("a file that the disk no longer gives", async () => {
    const gone = new Blob(["x".repeat(100)]);
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) as unknown as Blob;
    assert.equal(await refused(gone, ""), "unreadable");
  });
});

describe("from question to question", () => {
  const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
  const settings = { sites: [] as unknown } as Settings;

  /** A background whose frames say in their first byte what they are, and whose checksum is a count. */
  function background(log: string[], refuse = -1): Background {
    return {
      export: async ({ place }) => {
        const n = Number(place?.chain ?? 0);
        const frame = frameOf(new Uint8Array([n]));
        const data = toBase64(n === 0 ? concat(headerOf(false), frame) : frame);
        return {
          data,
          place: { after: null, chain: `${n + 1}`, pages: n * 2, leftOut: 1 },
          done: n === 3,
          total: 6,
        };
      },
      import: async ({ place, data, keep }) => {
        const n = fromBase64(data)[FRAME_HEADER] ?? 9;
        assert.equal(Number(place?.chain ?? 0), n, "the place that was named last");
        log.push(`${n}${keep ? "!" : ""}`);
        if (n === refuse) return { frame: "refused", problem: "damaged" };
        const next = { chain: `${n + 1}`, pages: n * 2 };
        if (n === 0) return { frame: "settings", place: next, settings };
        if (n === 3) return { frame: "end", leftOut: 1 };
        const merged = keep ? { added: 1, updated: 0, unchanged: 1, leftOut: 0 } : null;
        const pages = { oldest: 10 - n, newest: 10 + n, pinned: 1, sites: ["a.test", `${n}.test`], merged };
        return { frame: "pages", place: next, ...pages } satisfies Imported;
      },
    };
  }

  test("everything is written, looked at, and taken in", async () => {
    const log: string[] = [];
    const shares: number[] = [];
    const job = { ...quiet(), progress: (share: number) => shares.push(share) };
    const { file, pages, leftOut } = await write(background(log), PASSPHRASE, job);
    assert.deepEqual([pages, leftOut], [6, 1]);
    const begin = () => Reader.begin(file, PASSPHRASE);
    assert.deepEqual(await look(background(log), await begin(), job), {
      pages: 4,
      pinned: 2,
      sites: 3,
      period: { oldest: 8, newest: 12 },
      settings,
      leftOut: 1,
    });
    assert.deepEqual(log.splice(0), ["0", "1", "2", "3"], "nothing is kept by looking");
    const taken = await take(background(log), await begin(), false, job);
    assert.deepEqual(taken, { added: 2, updated: 0, unchanged: 2, leftOut: 0 });
    assert.deepEqual(
      log.splice(0),
      ["0", "1!", "2!", "3"].map((frame) => (frame === "3" ? "3!" : frame)),
    );
    await take(background(log), await begin(), true, job);
    assert.equal(log[0], "0!", "the settings, if asked for");
    assert.ok(shares.every((share) => share >= 0 && share <= 1) && shares.at(-1) === 1);
  });

  test("a frame that is refused, missing or added ends it", async () => {
    const log: string[] = [];
    const { file } = await write(background(log), "", quiet());
    const code = async (blob: Blob, refuse?: number): Promise<unknown> =>
      look(background(log, refuse), await Reader.begin(blob, ""), quiet()).then(
        () => "read",
        (error) => (error as FileError).code,
      );
    assert.equal(await code(file), "read");
    assert.equal(await code(file, 2), "damaged");
    assert.equal(await code(file.slice(0, file.size - FRAME_HEADER - 1)), "truncated", "without its end");
    assert.equal(await code(new Blob([file, "x"])), "damaged", "something behind the end");
  });

  test("it can be stopped between any two frames", async () => {
    const log: string[] = [];
    const stopping = new AbortController();
    const { file } = await write(background(log), "", quiet());
    const progress = (): void => {
      if (log.length === 2) stopping.abort();
    };
    const taking = take(background(log), await Reader.begin(file, ""), false, {
      signal: stopping.signal,
      progress,
    });
    await assert.rejects(taking, { name: "AbortError" });
    assert.deepEqual(log, ["0", "1!"]);
    await assert.rejects(write(background(log), "", { signal: stopping.signal, progress }));
  });
});
