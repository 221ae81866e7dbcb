// What happens to the rows on the screen when the answer by meaning arrives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeHybrid, SHORT_QUERY } from "../../extension/search/merge.ts";
import type { Hit } from "../../messages/messages.ts";

function hit(page: string, why: Hit["why"] = "words"): Hit {
  const url = `https://example.org/${page}`;
  const base = { page, url, site: "example.org", title: page, lastSeen: 0, visits: 1, snippet: [], score: 1 };
  return {
    ...base,
    cosine: null,
    bm25: null,
    why,
    alike: 0,
    language: null,
    pinned: false,
    unknownLanguage: null,
  };
}

const pages = (hits: Hit[]): string => hits.map(({ page }) => page).join(" ");
const words = ["a", "b", "c", "d"].map((page) => hit(page));
const hybrid = ["x", "y", "d", "c", "b", "a"].map((page) => hit(page, "both"));

test("a short question keeps its first three word matches in place", () => {
  const merged = mergeHybrid(hybrid, { order: "best", query: "ravens", words, shown: words, reading: null });
  assert.equal(pages(merged), "a b c x y d");
  assert.equal(merged[0]?.why, "both", "a held row shows what the newer answer knows of it");
});

test("a word match that the hybrid answer lacks is held all the same", () => {
  const merged = mergeHybrid([hit("x", "meaning")], {
    order: "best",
    query: "ravens",
    words,
    shown: words,
    reading: null,
  });
  assert.equal(pages(merged), "a b c x");
});

test("in the order of time nothing holds a place but what a person chose", () => {
  const screen = { query: "ravens", order: "newest", words, shown: words, reading: null } as const;
  assert.equal(pages(mergeHybrid(hybrid, screen)), "x y d c b a");
  assert.equal(pages(mergeHybrid(hybrid, { ...screen, reading: hybrid[5] ?? null })), "a x y d c b");
});

test("a long question takes the order of the hybrid answer", () => {
  const query = "r".repeat(SHORT_QUERY);
  assert.equal(
    pages(mergeHybrid(hybrid, { order: "best", query, words, shown: words, reading: null })),
    "x y d c b a",
  );
});

test("length is counted in characters, not in UTF-16 units", () => {
  const query = "🐦".repeat(SHORT_QUERY - 1);
  assert.equal(
    pages(mergeHybrid(hybrid, { order: "best", query, words, shown: words, reading: null })),
    "a b c x y d",
  );
});

test("the chosen row does not move", () => {
  const query = "why must they not leave";
  const reading = words[1] ?? null;
  assert.equal(
    pages(mergeHybrid(hybrid, { order: "best", query, words, shown: words, reading })),
    "x b y d c a",
  );
});

test("the chosen row stays even where the hybrid answer lacks it", () => {
  const query = "why must they not leave";
  const reading = words[2] ?? null;
  const merged = mergeHybrid([hit("x"), hit("y"), hit("z")], {
    order: "best",
    query,
    words,
    shown: words,
    reading,
  });
  assert.equal(pages(merged), "x y c z");
});
