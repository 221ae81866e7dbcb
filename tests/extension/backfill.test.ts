// What the browser knows is brought to the Rust side when that asks, and only then; in between it works as ever.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withBackfill } from "../../background/worker/backfill.ts";
import type { BackfillEntry, BackfillRead } from "../../messages/messages.ts";

const ENTRY: BackfillEntry = { id: "1", url: "https://a.example/", title: "A", seenAt: 1, visits: 1 };

test("each source is read as asked, and ordinary steps rest for all of their time", async () => {
  const reads: (BackfillRead | undefined)[] = [
    { source: "history", run: 1, before: 9, limit: 2 },
    undefined,
    { source: "bookmarks", run: 1, after: null, limit: 3 },
  ];
  const log: unknown[] = [];
  const chores = withBackfill(
    {
      hasWork: () => reads.length > 0,
      backfillNext: () => reads.shift(),
      backfillTake: async (read, entries) => void log.push([read.source, entries]),
      step: async () => {
        log.push("step");
        return false;
      },
    },
    {
      readHistory: async (before, limit) => [{ ...ENTRY, seenAt: before, visits: limit }],
      readBookmarks: async (after, limit) => [{ ...ENTRY, id: String(after), visits: limit }],
    },
  );
  const shares: (number | undefined)[] = [];
  const more: boolean[] = [];
  while (chores.hasWork()) {
    more.push(await chores.step());
    shares.push(chores.share);
  }
  assert.deepEqual(log, [
    ["history", [{ ...ENTRY, seenAt: 9, visits: 2 }]],
    "step",
    ["bookmarks", [{ ...ENTRY, id: "null", visits: 3 }]],
  ]);
  assert.deepEqual(more, [true, false, true]);
  assert.equal(shares[1], 1);
  assert.ok((shares[0] ?? 1) < 1 && shares[0] === shares[2]);
});

test("a browser that cannot be read makes the step fail, so that it is tried again later", async () => {
  const chores = withBackfill(
    {
      hasWork: () => true,
      backfillNext: () => ({ source: "history", run: 1, before: 9, limit: 2 }),
      backfillTake: () => assert.fail("there is nothing to take"),
      step: async () => false,
    },
    { readHistory: () => Promise.reject(new Error("no history")), readBookmarks: async () => [] },
  );
  await assert.rejects(chores.step(), /no history/);
});
