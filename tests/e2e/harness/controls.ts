// What a page of the extension offers to a person: each control with its role and the name that a screen reader
// would say; and the keys by which it is used.

import type { KeyInput, Page, SerializedAXNode } from "puppeteer-core";

const CONTROLS = new Set([
  "button",
  "textbox",
  "searchbox",
  "combobox",
  "checkbox",
  "radio",
  "link",
  "table",
]);

/** The controls that have no name. */
export async function nameless(page: Page): Promise<string[]> {
  const found: string[] = [];
  const walk = (node: SerializedAXNode): void => {
    if (CONTROLS.has(node.role) && !node.name) found.push(JSON.stringify({ ...node, children: undefined }));
    for (const child of node.children ?? []) walk(child);
  };
  const root = await page.accessibility.snapshot({ interestingOnly: false });
  if (root === null) throw new Error("the page has no accessibility tree");
  walk(root);
  return found;
}

/** Presses Tab until the element has the focus, as a person without a pointer gets there. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  const limit = 1_000;
  for (let pressed = 0; pressed < limit; pressed += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${limit} times Tab did not lead to ${selector}`);
}

/** Presses a key while another one is held. */
export async function pressWith(page: Page, held: "Alt" | "Control" | "Shift", key: KeyInput): Promise<void> {
  await page.keyboard.down(held);
  await page.keyboard.press(key);
  await page.keyboard.up(held);
}
