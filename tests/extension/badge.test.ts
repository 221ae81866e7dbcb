// The marks on the toolbar button.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Badge } from "../../background/worker/badge.ts";
import type { ButtonState } from "../../background/worker/browser.ts";
import type { SkipReason, State } from "../../messages/messages.ts";

interface Known {
  consent?: boolean;
  paused?: boolean;
  problem?: string | null;
  queued?: number;
  unembedded?: number;
  sparing?: boolean;
}

let known: Known;
let looks: number;
let marks: [text: string, title: string | null, tab: number | undefined][];
/** Whether the icon is in colour. */
let reads: boolean;
let unmarked: (readonly number[] | undefined)[];
let badge: Badge;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  known = {};
  looks = 0;
  marks = [];
  unmarked = [];
  const state = async (): Promise<State> => {
    looks += 1;
    const { consent = true, paused = false, problem = null } = known;
    const { queued = 0, unembedded = 0, sparing = false } = known;
    return { settings: { consent }, paused, problem, queued, unembedded, sparing } as State;
  };
  badge = new Badge(state, {
    markButton: async (state: ButtonState, tab?: number) => {
      marks.push([state.text, state.title, tab]);
      reads = state.reads;
    },
    unmarkTabs: async (_: string, tabs?: readonly number[]) => {
      unmarked.push(tabs);
    },
    message: (key: string, ...substitutions: string[]) => [key, ...substitutions].join(" "),
  });
});
afterEach(() => mock.timers.reset());

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

async function shown(next: Known): Promise<string | undefined> {
  known = next;
  badge.refresh();
  await pass(2_000);
  return marks.at(-1)?.[0];
}

test("it says what matters most: a problem, then a pause, then what is left to read", async () => {
  assert.equal(await shown({}), "");
  assert.equal(await shown({ queued: 2, unembedded: 3 }), "", "a page or two would make it flicker");
  assert.equal(await shown({ queued: 40, unembedded: 60 }), "100");
  assert.deepEqual(marks.at(-1)?.[1], "titleBusy 100");
  assert.equal(await shown({ unembedded: 12_345 }), "12k");
  assert.equal(await shown({ unembedded: 12_345, sparing: true }), "", "what waits is not going on");
  assert.equal(await shown({ paused: true, queued: 100 }), "II");
  assert.equal(await shown({ paused: true, problem: "No model." }), "!");
  assert.equal(await shown({ consent: false, problem: "No model." }), "");
});

test("the icon is grey where nothing is read, and in colour while it is, whatever else is said", async () => {
  const inColour = async (next: Known): Promise<boolean> => {
    await shown(next);
    return reads;
  };
  assert.equal(await inColour({ queued: 100 }), true);
  assert.equal(await inColour({ paused: true }), false);
  assert.equal(await inColour({ problem: "No model." }), true);
  badge.answered(7, { ok: { type: "wanted", skip: "excluded", level: "full" } });
  assert.equal(reads, false);
});

test("many changes are one look, and what is shown already is not shown again", async () => {
  for (let change = 0; change < 100; change += 1) badge.refresh();
  await pass(2_000);
  assert.deepEqual([looks, marks.length], [1, 1]);
  badge.refresh();
  await pass(2_000);
  assert.deepEqual([looks, marks.length], [2, 1]);
  await pass(600_000);
  assert.equal(looks, 2, "it never looks by itself");
});

test("a person's own choice shows at once", async () => {
  known = { paused: true };
  await badge.rulesChanged();
  assert.deepEqual([marks.at(-1)?.[0], unmarked], ["II", [undefined]]);
});

test("a tab whose page is refused for what it is is marked, and unmarked by the next page", async () => {
  const offer = (skip: SkipReason | null) =>
    badge.answered(7, { ok: { type: "wanted", skip, level: "full" } });
  offer("excluded");
  assert.deepEqual(marks, [["–", "titleExcluded", 7]]);
  offer(null);
  offer("paused");
  assert.deepEqual(unmarked, [[7], [7]]);
  badge.answered(7, { ok: { type: "captured", outcome: "skipped", reason: "passwordField" } });
  assert.equal(marks.length, 2);
  badge.answered(7, { error: { code: "STORE", message: "" } });
  badge.answered(7, undefined);
  assert.equal(unmarked.length, 2);
});
