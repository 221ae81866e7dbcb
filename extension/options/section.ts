// What the sections of the options page share.

import type { Settings } from "../../messages/messages.ts";
import { byId, element } from "../shared/dom.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { changeSettings } from "../shared/settings.ts";
import { type MessageKey, text } from "../shared/strings.ts";

const problem = byId("problem", HTMLParagraphElement);

/** What a person did that failed, until something succeeds. */
let failed: string | null = null;

/** Does something and shows in the page's place for problems why it failed; says whether it succeeded. */
export async function attempt(what: () => Promise<unknown>): Promise<boolean> {
  try {
    await what();
    failed = null;
  } catch (error) {
    failed = wordsOf(error);
    showProblem(problem, failed);
    problem.scrollIntoView({ block: "nearest" });
  }
  document.dispatchEvent(new Event(CHANGED));
  return failed === null;
}

/** The state's own problem, unless something that was just done is worse. */
export function showStanding(standing: string | null): void {
  showProblem(problem, failed ?? standing);
}

/** Sent to the document when something was changed: the page asks for the state anew. */
export const CHANGED = "afterimage-changed";

/** Changes settings. */
export function change(changed: Partial<Settings>): Promise<boolean> {
  return attempt(() => changeSettings(changed));
}

/** One line of a list of facts; `name` is its `data-fact`, by which tests find it. */
export type Fact = [name: string, label: MessageKey, value: string];

/** Fills a list of facts. */
export function facts(list: HTMLElement, lines: Fact[]): void {
  list.replaceChildren(
    ...lines.flatMap(([name, label, value]) => [
      element("dt", {}, text(label)),
      element("dd", { "data-fact": name }, value),
    ]),
  );
}

/** A bar of a chart; its number stands beside it, so that it need not be heard. */
export function bar(share: number): HTMLElement {
  const fill = element("span", { class: "bar-fill" });
  fill.style.inlineSize = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, fill);
}

/** A site's name, which breaks behind its dots before it breaks anywhere else. */
export function siteName(site: string): (Node | string)[] {
  return site.split(/(?<=\.)/).flatMap((part) => [part, element("wbr")]);
}

/** Sets a choice, unless it is open under the hand. */
export function choose(select: HTMLSelectElement, value: string): void {
  if (document.activeElement !== select) select.value = value;
}
