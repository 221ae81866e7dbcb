// Rules for sites: a table of them, one more, another level, one less. What a rule leaves nothing of is shown
// before it goes.

import type { Level, Scope, SiteRule, State } from "../../messages/messages.ts";
import { mayGo } from "../shared/confirm.ts";
import { byId, element } from "../shared/dom.ts";
import { setSite } from "../shared/settings.ts";
import { counted, type MessageKey, text } from "../shared/strings.ts";
import { hostsOf } from "./hosts.ts";
import { LongTable } from "./long-table.ts";
import { attempt, siteName } from "./section.ts";

/** The levels by how little they keep. */
const LEVELS: [Level, MessageKey][] = [
  ["full", "levelFull"],
  ["title", "levelTitle"],
  ["never", "levelNever"],
];

const form = byId("rule-form", HTMLFormElement);
const site = byId("rule-site", HTMLInputElement);
const level = byId("rule-level", HTMLSelectElement);
const status = byId("rule-status", HTMLParagraphElement);
const table = new LongTable<SiteRule>("rules", "rule-filter", (rule) => rule.site, rowOf);

let rules: readonly SiteRule[] = [];

/** Draws the section. */
export function showRules({ settings }: State): void {
  rules = settings.sites;
  table.show(rules);
}

function rowOf(rule: SiteRule): HTMLTableRowElement {
  const select = element(
    "select",
    { "aria-label": text("ruleLevelOf", rule.site) },
    ...LEVELS.map(([value, label]) =>
      element("option", { value, selected: value === rule.level }, text(label)),
    ),
  );
  select.addEventListener("change", async () => {
    // Refused or failed: the table says again what holds.
    if (!(await set([rule.site], select.value as Level))) select.value = rule.level;
  });
  const remove = element(
    "button",
    { type: "button", class: "quiet", "aria-label": text("ruleRemoveOf", rule.site) },
    text("ruleRemove"),
  );
  remove.addEventListener("click", () => void removeRule(rule.site));
  return element(
    "tr",
    { role: "row", "data-site": rule.site, "data-level": rule.level },
    element("th", { role: "rowheader", scope: "row", class: "site" }, ...siteName(rule.site)),
    element("td", { role: "cell" }, select),
    element("td", { role: "cell", class: "number" }, remove),
  );
}

/** Sets a level for sites, once it was seen what goes. */
async function set(sites: readonly string[], level: Level): Promise<boolean> {
  let done = false;
  await attempt(async () => {
    const scopes: Scope[] = level === "full" ? [] : sites.map((site) => ({ scope: "level", site, level }));
    const agreed = await mayGo(scopes, {
      heading: text(level === "never" ? "confirmNever" : "confirmTitle", sites.join(", ")),
      lines: [text(level === "never" ? "confirmNeverLine" : "confirmTitleLine")],
      action: text(level === "never" ? "confirmForget" : "confirmForgetTexts"),
    });
    if (!agreed) return;
    let gone = 0;
    for (const site of sites) gone += (await setSite(site, level)).pages;
    say(gone);
    done = true;
  });
  return done;
}

function say(gone: number): void {
  status.textContent = gone > 0 ? counted("savedForgotten", gone) : text("saved");
}

/** Takes a rule away. The rule of a domain above it may allow less. */
async function removeRule(site: string): Promise<void> {
  await attempt(async () => {
    const above = rules
      .filter((rule) => site.endsWith(`.${rule.site}`))
      .sort((a, b) => b.site.length - a.site.length)[0];
    const scopes: Scope[] =
      above && above.level !== "full" ? [{ scope: "level", site, level: above.level }] : [];
    const agreed = await mayGo(scopes, {
      heading: text("confirmRemove", site, above?.site ?? ""),
      action: text("confirmForget"),
    });
    if (agreed) say((await setSite(site, null)).pages);
  });
}

async function add(): Promise<void> {
  const hosts = hostsOf(site.value);
  if (hosts.length === 0) {
    status.textContent = text("ruleNoSite");
    site.focus();
    return;
  }
  if (await set(hosts, level.value as Level)) {
    site.value = "";
    site.focus();
  }
}

/** Wires the section up. */
export function startRules(): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void add();
  });
}
