// Every text that a page or the manifest names exists, and every text is used.
// The compiler checks the keys that scripts use; this reads what it cannot see. Runs in the project's root.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const sources = ["extension", "background/worker"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => path.join(folder, file)),
  )
  .filter((file) => /\.(html|ts)$/.test(file));
const markup = sources.filter((file) => file.endsWith(".html")).map((file) => readFileSync(file, "utf8"));
const scripts = sources.filter((file) => file.endsWith(".ts")).map((file) => readFileSync(file, "utf8"));
const manifest = readFileSync("manifest.json", "utf8");
const english: Record<string, { message: string }> = JSON.parse(
  readFileSync("extension/_locales/en/messages.json", "utf8"),
);

const named = [
  ...markup.flatMap((html) => [...html.matchAll(/data-i18n(?:-\w+)?="([^"]*)"/g)]),
  ...manifest.matchAll(/__MSG_(\w+)__/g),
].map(([, key]) => key ?? "");

test("texts named in markup and manifest exist", () => {
  assert.ok(named.length > 50, "the markup was found");
  assert.deepEqual(
    named.filter((key) => !(key in english)),
    [],
  );
});

test("no text is left that nothing names", () => {
  const text = scripts.join("\n");
  const used = (key: string): boolean =>
    named.includes(key) ||
    text.includes(`"${key}"`) ||
    text.includes(`"${key.replace(/_(one|other)$/, "")}"`);
  assert.deepEqual(
    Object.keys(english).filter((key) => !used(key)),
    [],
  );
});

test("the stores' limits hold", () => {
  assert.ok((english.name?.message.length ?? 99) <= 75);
  assert.ok((english.description?.message.length ?? 999) <= 132);
});
