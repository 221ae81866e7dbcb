// The background's work in small steps: nothing is forgotten, and never more than half of one core.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { type Alarms, type Chores, WORK_ALARM, Work } from "../../background/worker/work.ts";

/** Milliseconds that have passed, for `performance.now` and all timers. */
let now = 0;

beforeEach(() => {
  now = 0;
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  mock.method(performance, "now", () => now);
  mock.method(console, "warn", () => {});
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Lets time go by while nobody computes. */
async function pass(ms: number): Promise<void> {
  for (let end = now + ms; now < end; ) {
    now += 1;
    mock.timers.tick(1);
    await settle();
  }
}

/** Lets everything happen that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A number of steps to do. */
class Steps implements Chores {
  left: number;
  done = 0;
  /** How long a step computes, ms. */
  readonly #takes: number;

  constructor(left: number, takes = 0) {
    this.left = left;
    this.#takes = takes;
  }

  hasWork(): boolean {
    return this.left > 0;
  }

  async step(): Promise<boolean> {
    if (this.left === 0) return false;
    now += this.#takes;
    this.left -= 1;
    this.done += 1;
    return true;
  }
}

/** The browser's alarms. */
class Clock implements Alarms {
  readonly set = new Set<string>();
  beats = 0;
  /** The last alarm's period. */
  minutes = 0;

  async setAlarm(name: string, periodInMinutes: number): Promise<void> {
    await settle();
    this.minutes = periodInMinutes;
    this.set.add(name);
  }

  async clearAlarm(name: string): Promise<void> {
    await settle();
    this.set.delete(name);
  }

  async heartbeat(): Promise<void> {
    this.beats += 1;
  }
}

test("all steps are done, and no alarm is left", async () => {
  const [steps, clock] = [new Steps(5), new Clock()];
  await new Work(async () => steps, clock).resume();
  assert.equal(steps.done, 5);
  assert.deepEqual([...clock.set], []);
});

test("the alarm is set before the first step: the worker may die in it", async () => {
  const [steps, clock] = [new Steps(1), new Clock()];
  const step = steps.step.bind(steps);
  let then: string[] = [];
  steps.step = async () => {
    then = [...clock.set];
    return step();
  };
  await new Work(async () => steps, clock).resume();
  assert.deepEqual(then, [WORK_ALARM]);
});

test("the alarm stays while something will be left to do later", async () => {
  const [steps, clock] = [new Steps(2), new Clock()];
  let later: number | undefined = 120_000;
  const work = new Work(async () => Object.assign(steps, { sleepsFor: () => later }), clock);
  await work.resume();
  assert.deepEqual([...clock.set], [WORK_ALARM]);
  assert.equal(clock.minutes, 2, "and rings when there is something to do, not before");
  later = undefined;
  await work.resume();
  assert.equal(steps.done, 2);
  assert.deepEqual([...clock.set], []);
});

test("an alarm that a dead worker left behind is cleared", async () => {
  const clock = new Clock();
  clock.set.add(WORK_ALARM);
  await new Work(async () => new Steps(0), clock).resume();
  assert.deepEqual([...clock.set], []);
});

test("work that arrives while the alarm is being cleared is done", async () => {
  const [steps, clock] = [new Steps(1), new Clock()];
  const work = new Work(async () => steps, clock);
  const clear = clock.clearAlarm.bind(clock);
  let arrived = false;
  clock.clearAlarm = async (name) => {
    if (!arrived) {
      arrived = true;
      steps.left += 2;
      void work.resume();
    }
    await clear(name);
  };
  await work.resume();
  assert.equal(steps.done, 3);
  assert.deepEqual([...clock.set], []);
});

test("work that arrives right after the last look is done", async () => {
  const [steps, clock] = [new Steps(1), new Clock()];
  const work = new Work(async () => steps, clock);
  const hasWork = steps.hasWork.bind(steps);
  let second: Promise<void> | undefined;
  steps.hasWork = () => {
    const has = hasWork();
    // The alarm is cleared: this was the look after which the run ends.
    if (!has && steps.done === 1 && !clock.set.has(WORK_ALARM)) {
      queueMicrotask(() => {
        steps.left += 1;
        second = work.resume();
      });
    }
    return has;
  };
  await work.resume();
  await second;
  assert.equal(steps.done, 2);
});

test("whoever asks while work is under way joins it", async () => {
  const [steps, clock] = [new Steps(5), new Clock()];
  const work = new Work(async () => steps, clock);
  assert.equal(work.resume(), work.resume());
  await work.resume();
  assert.equal(steps.done, 5);
});

test("a step that fails ends the run and leaves the alarm, which begins anew", async () => {
  const [steps, clock] = [new Steps(3), new Clock()];
  const work = new Work(async () => steps, clock);
  const step = steps.step.bind(steps);
  let attempts = 0;
  steps.step = async () => {
    attempts += 1;
    if (attempts === 2) throw { error: { code: "STORE", message: "The disk is full." } };
    return step();
  };
  await work.resume();
  assert.equal(attempts, 2, "not at once again");
  assert.deepEqual([...clock.set], [WORK_ALARM]);

  await work.resume();
  assert.equal(steps.done, 3);
  assert.deepEqual([...clock.set], []);
});

test("a background that cannot start is asked for again by the next event", async () => {
  const [steps, clock] = [new Steps(1), new Clock()];
  let starts = 0;
  const work = new Work(async () => {
    starts += 1;
    if (starts === 1) throw new Error("no database");
    return steps;
  }, clock);
  await assert.rejects(work.resume());
  await work.resume();
  assert.equal(steps.done, 1);
});

for (const takes of [1, 7, 250])
  test(`steps of ${takes} ms take half of the time at most`, async () => {
    const steps = new Steps(5_000, takes);
    void new Work(async () => steps, new Clock()).resume();
    await pass(2_000);
    const worked = steps.done * takes;
    // One piece of work may just be over that was not rested from yet.
    const piece = Math.max(takes, 4);
    assert.ok(worked <= (now + piece) / 2, `${worked} of ${now} ms`);
    assert.ok(worked >= (now - 2 * piece) * 0.4, `${worked} of ${now} ms: it rests too long`);
    steps.left = 0;
    await pass(2 * piece);
  });

test("the browser hears of long work before it would end the worker", async () => {
  const [steps, clock] = [new Steps(1), new Clock()];
  let finish = (_more: boolean): void => {};
  steps.step = () => {
    steps.left = 0;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const done = new Work(async () => steps, clock).resume();
  await pass(100_000);
  assert.ok(clock.beats >= 4, `${clock.beats} in 100 s`);
  finish(false);
  await done;
  const { beats } = clock;
  await pass(50_000);
  assert.equal(clock.beats, beats, "and nothing more when the work is over");
});
