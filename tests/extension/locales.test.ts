// Every text that a page or the manifest names exists, every text is used, and every language has all of them.
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
type Messages = Record<string, { message: string }>;
const LOCALES = "extension/_locales";
const languages = readdirSync(LOCALES);
const english = messagesOf("en");

function messagesOf(language: string): Messages {
  return JSON.parse(readFileSync(path.join(LOCALES, language, "messages.json"), "utf8"));
}

/** What is replaced in a text: `$1`… by us, `%s` by the browser. */
function placeholders(message: string | undefined): string[] {
  return (message?.match(/\$\d|%s/g) ?? []).sort();
}

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

test("every language has every text, with the same things to be put in", () => {
  assert.ok(languages.length > 1, "there are languages");
  for (const language of languages) {
    const messages = messagesOf(language);
    assert.deepEqual(Object.keys(messages).sort(), Object.keys(english).sort(), language);
    for (const [key, { message }] of Object.entries(messages)) {
      assert.notEqual(message.trim(), "", `${language}: ${key}`);
      assert.deepEqual(placeholders(message), placeholders(english[key]?.message), `${language}: ${key}`);
    }
  }
});

test("each language says which it is", () => {
  for (const language of languages) assert.equal(messagesOf(language).languageTag?.message, language);
});

test("each language has the plural forms that it asks for", () => {
  const counted = Object.keys(english).flatMap((key) => key.match(/^(.*)_other$/)?.[1] ?? []);
  assert.ok(counted.length > 5, "counted texts were found");
  for (const language of languages) {
    const messages = messagesOf(language);
    for (const form of new Intl.PluralRules(language).resolvedOptions().pluralCategories)
      for (const name of counted) assert.ok(`${name}_${form}` in messages, `${language}: ${name}_${form}`);
  }
});

test("the stores' limits hold", () => {
  for (const language of languages) {
    const { name, description } = messagesOf(language);
    assert.ok((name?.message.length ?? 99) <= 75, language);
    assert.ok((description?.message.length ?? 999) <= 132, language);
  }
});
