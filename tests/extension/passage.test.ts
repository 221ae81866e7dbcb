// From a result's passage to an address that opens the page there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressAt, passageOf } from "../../extension/shared/passage.ts";
import type { Piece } from "../../messages/messages.ts";

/** A snippet with the words in brackets marked. */
function snippet(text: string): Piece[] {
  return text
    .split(/(\[[^\]]*\])/)
    .filter((part) => part !== "")
    .map((part) => ({ text: part.replace(/[[\]]/g, ""), marked: part.startsWith("[") }));
}

test("a short line is given whole, without our ellipses", () => {
  assert.deepEqual(passageOf(snippet("… and the [ravens] stay. …")), {
    start: "and the ravens stay.",
    end: null,
  });
});

test("of a long line its beginning and its end are given", () => {
  const text = "One two three four five six seven [eight] nine ten eleven twelve.";
  assert.deepEqual(passageOf(snippet(text)), {
    start: "One two three four five six",
    end: "nine ten eleven twelve.",
  });
});

test("the line with the first mark is taken, never words of two lines", () => {
  const text = "A heading of words\nThe [fox] runs.\nThe [dog] sleeps.";
  assert.deepEqual(passageOf(snippet(text)), { start: "The fox runs.", end: null });
  assert.deepEqual(passageOf(snippet("First\n[Second]")), { start: "Second", end: null });
});

test("without a mark it is the first line that says something", () => {
  assert.deepEqual(passageOf(snippet("Menu\nThis one says something")), {
    start: "This one says something",
    end: null,
  });
  assert.deepEqual(passageOf(snippet("Menu")), { start: "Menu", end: null });
  assert.equal(passageOf(snippet("… …")), null);
  assert.equal(passageOf([]), null);
});

test("the address has the passage as a text fragment, after a fragment of its own", () => {
  const passage = { start: "well-known, a & b", end: "50 % – end" };
  const encoded = ":~:text=well%2Dknown%2C%20a%20%26%20b,50%20%25%20%E2%80%93%20end";
  assert.equal(addressAt("https://example.org/a", passage), `https://example.org/a#${encoded}`);
  assert.equal(addressAt("https://example.org/a#b", passage), `https://example.org/a#b${encoded}`);
  assert.equal(addressAt("https://example.org/#/route", passage), "https://example.org/#/route");
  assert.equal(addressAt("https://example.org/a", null), "https://example.org/a");
  assert.equal(
    addressAt("https://example.org/", { start: "half \ud83d", end: null }),
    "https://example.org/#:~:text=half%20%EF%BF%BD",
  );
});
