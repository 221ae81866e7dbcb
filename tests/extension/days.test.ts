// A timeline's days, by the calendar of this place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { daysOf } from "../../extension/panel/days.ts";

test("pages are counted by the day on which they were seen last", () => {
  const at = (day: number, hour: number): number => new Date(2026, 2, day, hour).getTime();
  const days = daysOf([at(30, 1), at(30, 0), at(29, 23), at(27, 12)]);
  assert.deepEqual(
    days.map(({ from, to, first, pages }) => [from, to, first, pages]),
    [
      [at(30, 0), at(31, 0), 0, 2],
      [at(29, 0), at(30, 0), 2, 1],
      [at(27, 0), at(28, 0), 3, 1],
    ],
  );
  assert.deepEqual(daysOf([]), []);
});
