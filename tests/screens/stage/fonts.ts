// With which fonts the pictures are made. Texts in other fonts wrap elsewhere: there is nothing to compare then.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "puppeteer-core";

const FILE = path.resolve("tests/screens/goldens/fonts.json");
/** Texts in every script that the pictures have, each with the style in which they have it. */
const SAMPLES: Record<string, [style: string, text: string]> = {
  text: ["font-family: system-ui", "Afterimage"],
  "bold text": ["font-family: system-ui; font-weight: 700", "Afterimage"],
  code: ["font-family: ui-monospace, monospace", "0.0412"],
  Arabic: ["font-family: system-ui", "خميرة"],
  Hebrew: ["font-family: system-ui", "מחמצת"],
  marks: ["font-family: system-ui", "★☆×↑↓"],
};

/** The fonts that this browser takes, by sample. */
async function fontsHere(page: Page): Promise<Record<string, string>> {
  const cdp = await page.createCDPSession();
  await page.setContent(
    Object.values(SAMPLES)
      .map(([style, text]) => `<p style="${style}">${text}</p>`)
      .join(""),
  );
  await cdp.send("DOM.enable");
  await cdp.send("CSS.enable");
  const { root } = await cdp.send("DOM.getDocument");
  const { nodeIds } = await cdp.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "p" });
  const found: Record<string, string> = {};
  for (const [at, sample] of Object.keys(SAMPLES).entries()) {
    const { fonts } = await cdp.send("CSS.getPlatformFontsForNode", { nodeId: nodeIds[at] ?? 0 });
    found[sample] = fonts
      .map(({ postScriptName, familyName }) => postScriptName || familyName)
      .sort()
      .join(", ");
  }
  await cdp.detach();
  return found;
}

/** Why pictures cannot be compared here; `null` where they can. */
export async function otherFonts(page: Page, updating: boolean): Promise<string | null> {
  const here = await fontsHere(page);
  if (updating) mkdirSync(path.dirname(FILE), { recursive: true });
  if (updating) writeFileSync(FILE, `${JSON.stringify(here, null, 2)}\n`);
  const kept: Record<string, string> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
  const other = Object.keys(SAMPLES).filter((sample) => here[sample] !== kept[sample]);
  if (other.length === 0) return null;
  const told = other.map((sample) => `${sample} in ${kept[sample]}, here in ${here[sample]}`);
  return `NOT COMPARED: the kept pictures have ${told.join("; ")}`;
}
