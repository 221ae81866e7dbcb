// What people type into the list of excluded sites, and what is made of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostsOf } from "../../extension/options/hosts.ts";

test("hosts are lowered, cut out of addresses, sorted and kept once", () => {
  const typed = "https://Bank.Example/login?x=1\n  intranet.example.org:8080 \n*.mail.test\nbank.example.\n";
  assert.deepEqual(hostsOf(typed), ["bank.example", "intranet.example.org", "mail.test"]);
});

test("international names become punycode, as browsers report them", () => {
  assert.deepEqual(hostsOf("münchen.de"), ["xn--mnchen-3ya.de"]);
});

test("what is no host is left out and loses nothing else", () => {
  assert.deepEqual(hostsOf("\n://\nexample.org, exa mple^.net\n[bad\n"), ["exa", "example.org"]);
  assert.deepEqual(hostsOf(""), []);
});
