// What the extension may do, to the letter: nothing is asked for by accident, and people can read what each is for.
// Runs in the project's root.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const manifest = JSON.parse(readFileSync("manifest.json", "utf8"));
const PERMISSIONS = [
  "alarms",
  "contextMenus",
  "favicon",
  "history",
  "scripting",
  "sidePanel",
  "storage",
  "unlimitedStorage",
];
const OPTIONAL = ["bookmarks"];
const HOSTS = ["http://*/*", "https://*/*"];
const POLICY = {
  "default-src": ["'self'"],
  "script-src": ["'self'", "'wasm-unsafe-eval'"],
  "object-src": ["'none'"],
  "img-src": ["'self'", "data:", "blob:"],
  "connect-src": ["'self'", "https://huggingface.co", "https://*.huggingface.co", "https://*.hf.co"],
};

test("the permissions are these and no others", () => {
  assert.deepEqual([...manifest.permissions].sort(), PERMISSIONS);
  assert.deepEqual(manifest.optional_permissions, OPTIONAL);
  assert.deepEqual(manifest.host_permissions, HOSTS);
  assert.equal(manifest.optional_host_permissions, undefined);
});

test("the policy of its pages lets in nothing but itself, and out to the hub of models", () => {
  assert.deepEqual(Object.keys(manifest.content_security_policy), ["extension_pages"]);
  const rules: string[] = manifest.content_security_policy.extension_pages.split(";");
  const policy = Object.fromEntries(
    rules.map((rule) => {
      const [name = "", ...sources] = rule.trim().split(" ");
      return [name, sources];
    }),
  );
  assert.deepEqual(policy, POLICY);
  assert.equal(rules.length, Object.keys(POLICY).length, "no rule is there twice");
});

test("it is not in private windows, reads top frames only, and no page can reach into it", () => {
  assert.equal(manifest.incognito, "not_allowed");
  const script = { matches: HOSTS, js: ["content.js"], run_at: "document_idle" };
  assert.deepEqual(manifest.content_scripts, [script]);
  assert.equal(manifest.externally_connectable, undefined);
  assert.equal(manifest.web_accessible_resources, undefined);
});

test("the README says what each permission is for, and PRIVACY.md where to read that and which hosts are reached", () => {
  const readme = readFileSync("README.md", "utf8");
  const [, section = ""] = readme.split("## Permissions, and why\n");
  const table = section.split("\n## ")[0] ?? "";
  const explained = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  assert.deepEqual(explained.sort(), [...PERMISSIONS, ...OPTIONAL, ...HOSTS].sort());
  const privacy = readFileSync("PRIVACY.md", "utf8");
  assert.ok(privacy.includes("README.md#permissions-and-why"));
  for (const host of ["huggingface.co", "hf.co"])
    assert.ok(table.includes(host) && privacy.includes(host), `${host} is named`);
});
