// The kept list of sensitive sites: shown whole, searched, and each site let in or left out again. A site is let
// in by a rule for it that keeps everything; left out again, what was kept of it meanwhile goes.

import type { SensitiveGroup, State } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { mayGo } from "../shared/confirm.ts";
import { byId, element } from "../shared/dom.ts";
import { setSite } from "../shared/settings.ts";
import { counted, type MessageKey, number, text } from "../shared/strings.ts";
import { attempt } from "./section.ts";

/** The groups' names, which the list has in English. */
const GROUPS: Record<string, MessageKey> = {
  "Sign-in and accounts, by name": "groupAccountsByName",
  "Sign-in and accounts": "groupAccounts",
  "Banks, by name": "groupBanksByName",
  Banks: "groupBanks",
  "Payment, by name": "groupPaymentByName",
  Payment: "groupPayment",
  "Tax and pay, by software": "groupTax",
  "Mail and messages, by name": "groupMailByName",
  "Mail and messages": "groupMail",
  "Health, by name": "groupHealthByName",
  Health: "groupHealth",
  "Password managers": "groupPasswords",
  "Government identity and taxes": "groupGovernment",
  Dating: "groupDating",
};

const place = byId("sensitive", HTMLDivElement);
const filter = byId("sensitive-filter", HTMLInputElement);
const status = byId("sensitive-status", HTMLParagraphElement);

interface Entry {
  name: string;
  line: HTMLLIElement;
  button: HTMLButtonElement | null;
}

interface Group {
  details: HTMLDetailsElement;
  entries: Entry[];
}

/** Empty until the list has come. */
let groups: Group[] = [];
let loading = false;
let letIn = new Set<string>();

/** Draws which are let in. */
export function showSensitive({ settings }: State): void {
  letIn = new Set(settings.sites.filter(({ level }) => level !== "never").map(({ site }) => site));
  for (const { entries } of groups) for (const entry of entries) mark(entry);
  if (groups.length === 0 && !loading) void load();
}

/** Asks for the list, which never changes while the extension runs. */
async function load(): Promise<void> {
  loading = true;
  try {
    groups = (await ask({ type: "sensitive" })).groups.map(groupOf);
    place.replaceChildren(...groups.map(({ details }) => details));
    search();
  } catch {
    // The state, asked for every two seconds, says what is wrong; then this is tried again.
  } finally {
    loading = false;
  }
}

function mark({ name, line, button }: Entry): void {
  const inside = letIn.has(name);
  line.dataset.letIn = String(inside);
  if (!button) return;
  button.textContent = text(inside ? "leaveOut" : "letIn");
  button.setAttribute("aria-label", text(inside ? "leaveOutSite" : "letInSite", name));
}

function groupOf({ name, sites }: SensitiveGroup): Group {
  const entries = sites.map(entryOf);
  const key = GROUPS[name];
  const byName = sites.some((site) => site.endsWith(".*"));
  const details = element(
    "details",
    { class: "group" },
    element(
      "summary",
      {},
      key ? text(key) : name,
      " ",
      element("span", { class: "count" }, number(sites.length)),
    ),
    ...(byName ? [element("p", { class: "hint" }, text("byNameHint"))] : []),
    element("ul", { class: "hosts" }, ...entries.map(({ line }) => line)),
  );
  return { details, entries };
}

function entryOf(name: string): Entry {
  // A first label is no site: a rule cannot name it.
  const button = name.endsWith(".*") ? null : element("button", { type: "button", class: "quiet small" });
  const line = element("li", { "data-site": name }, element("span", {}, name), ...(button ? [button] : []));
  const entry = { name, line, button };
  button?.addEventListener("click", () => void (letIn.has(name) ? leaveOut(name) : enter(name)));
  mark(entry);
  return entry;
}

async function enter(site: string): Promise<void> {
  if (await attempt(() => setSite(site, "full"))) status.textContent = text("letInDone", site);
}

async function leaveOut(site: string): Promise<void> {
  await attempt(async () => {
    const scope = { scope: "site", site } as const;
    const agreed = await mayGo([scope], {
      heading: text("confirmLeaveOut", site),
      action: text("confirmForget"),
    });
    if (!agreed) return;
    // The rule first: what came in between would stay.
    await setSite(site, null);
    const { pages } = await ask({ type: "forget", ...scope });
    status.textContent = `${text("leaveOutDone", site)} ${pages > 0 ? counted("forgotten", pages) : ""}`;
  });
}

/** Leaves only what fits, with its groups open. */
function search(): void {
  const wanted = filter.value.trim().toLowerCase();
  let fitting = 0;
  for (const { details, entries } of groups) {
    let here = 0;
    for (const { name, line } of entries) {
      // Also by a whole host: "www.chase.com" is meant by "chase.com".
      line.hidden = !(name.includes(wanted) || wanted.endsWith(`.${name}`) || startsLike(wanted, name));
      if (!line.hidden) here += 1;
    }
    details.hidden = here === 0;
    details.open = wanted !== "" && here > 0;
    fitting += here;
  }
  status.textContent = wanted === "" ? "" : counted("entriesFound", fitting);
}

function startsLike(host: string, name: string): boolean {
  return name.endsWith(".*") && host.startsWith(name.slice(0, -1));
}

/** Wires the section up. */
export function startSensitive(): void {
  filter.addEventListener("input", search);
}
