// Any title becomes XML that Chrome takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeXml } from "../../background/worker/xml.ts";

test("what XML gives a meaning is escaped, what it does not have is left out", () => {
  assert.equal(escapeXml(`<b>"R&D"</b> it's`), "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt; it&apos;s");
  assert.equal(escapeXml("a\u0000b\u0008c\u009fd\ufffee"), "abcde");
  assert.equal(escapeXml("half a pair: \ud83d"), "half a pair: \ufffd");
  assert.equal(escapeXml("Grüße, 世界 🐦"), "Grüße, 世界 🐦");
});
