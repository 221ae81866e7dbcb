// Until when it is paused, by the clock of this place.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { pauseEnd } from "../../extension/shared/pause-end.ts";

function at(day: number, hour: number, minute = 0): number {
  return new Date(2026, 2, day, hour, minute).getTime();
}

function itIs(now: number): void {
  mock.timers.enable({ apis: ["Date"], now });
}

afterEach(() => mock.timers.reset());

test("an hour is an hour, also over midnight", () => {
  itIs(at(14, 23, 20));
  assert.equal(pauseEnd("hour"), at(15, 0, 20));
});

test("tomorrow begins at six of the next day", () => {
  itIs(at(31, 15, 9));
  assert.equal(pauseEnd("tomorrow"), at(32, 6));
});

test("after midnight tomorrow is the morning that comes, until it has come", () => {
  itIs(at(14, 0, 30));
  assert.equal(pauseEnd("tomorrow"), at(14, 6));
  mock.timers.reset();
  itIs(at(14, 6));
  assert.equal(pauseEnd("tomorrow"), at(15, 6));
});
