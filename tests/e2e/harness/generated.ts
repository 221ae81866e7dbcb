// Pages too large to keep in the repository.

import { createHash } from "node:crypto";
import type { FilePage } from "./archive.ts";

const SUBJECTS = [
  "harbour",
  "ladder",
  "kettle",
  "meadow",
  "ribbon",
  "lantern",
  "saddle",
  "orchard",
  "pebble",
];
const DEEDS = ["waits beside", "leans on", "was painted like", "outlived", "is smaller than", "hides behind"];

/** About 5 MB of text in paragraphs of sentences that all differ; its first sentence is findable. */
export function bigPage(): string {
  const paragraphs = [
    "<p>The oldest lighthouse keeper on the northern coast collects broken barometers.</p>",
  ];
  let bytes = 0;
  for (let i = 0; bytes < 5_000_000; i += 1) {
    const sentences = Array.from({ length: 6 }, (_, k) => {
      const n = i * 6 + k;
      const [a, b] = [SUBJECTS[n % SUBJECTS.length], SUBJECTS[(n * 7 + 3) % SUBJECTS.length]];
      return `Note ${n}: the ${a} ${DEEDS[n % DEEDS.length]} the ${b} for ${n * 13} days.`;
    });
    const paragraph = `<p>${sentences.join(" ")}</p>`;
    bytes += paragraph.length;
    paragraphs.push(paragraph);
  }
  return `<!doctype html><html lang="en"><title>Barometers of the north</title><article>${paragraphs.join("\n")}</article></html>`;
}

/** One word of 200,000 characters. */
export function oneWordPage(): string {
  const word = "abcdefghij".repeat(20_000);
  return `<!doctype html><html lang="en"><title>A single endless word</title><article><p>${word}</p></article></html>`;
}

/** Pages of some 30 KB each that no compression makes much smaller, an hour apart, the newest first. */
export function largePages(count: number): FilePage[] {
  return Array.from({ length: count }, (_, n) => {
    const words = Array.from({ length: 700 }, (_, word) =>
      createHash("sha256").update(`${n} ${word}`).digest("base64url"),
    );
    return {
      url: `https://large.example/${n}`,
      title: `Large page ${n}`,
      passages: [words.join(" ")],
      seen: Date.now() - n * 3_600_000,
    };
  });
}
