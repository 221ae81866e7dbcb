// The storage section: how much there is, for how long, of which sites; and forgetting.

import type { Preview, Scope, SiteUse, State } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { confirmLoss, type Loss, previewOf } from "../shared/confirm.ts";
import { byId, element } from "../shared/dom.ts";
import { bytes } from "../shared/format.ts";
import { counted, number, text } from "../shared/strings.ts";
import { LongTable } from "./long-table.ts";
import { attempt, bar, change, choose, facts, siteName } from "./section.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MEGABYTE = 1_000_000;
/** What the lists offer; a value that was set elsewhere is added. */
const DAYS = [30, 90, 180, 365, 730, 1825];
const MEGABYTES = [100, 250, 500, 1000, 2000, 5000];

const counts = byId("counts", HTMLDListElement);
const keepDays = byId("keep-days", HTMLSelectElement);
const keepMegabytes = byId("keep-megabytes", HTMLSelectElement);
const summary = byId("sites-summary", HTMLParagraphElement);
const period = byId("period", HTMLSelectElement);
const periodDays = byId("period-days", HTMLSpanElement);
const from = byId("period-from", HTMLInputElement);
const to = byId("period-to", HTMLInputElement);
const status = byId("forget-status", HTMLParagraphElement);
const table = new LongTable<SiteUse>("sites", "sites-filter", (use) => use.site, rowOf);

let shown: State | null = null;
let largest = 1;
/** What the list of sites was asked for: it is asked for again when one of these changes. */
let asked = "";

/** Draws the section. */
export function showStorage(state: State): void {
  shown = state;
  facts(counts, [
    ["pages", "rowPages", number(state.pages)],
    ["passages", "rowPassages", number(state.passages)],
    ["storedBytes", "rowStored", bytes(state.storedBytes)],
    ["modelBytes", "rowModels", bytes(state.modelBytes)],
    ["queued", "rowQueued", number(state.queued)],
    ["unembedded", "rowUnembedded", number(state.unembedded)],
  ]);
  const { settings } = state;
  offer(keepDays, DAYS, settings.keepDays, (days) => counted("days", days));
  offer(keepMegabytes, MEGABYTES, settings.keepMegabytes, (limit) => bytes(limit * MEGABYTE));
  const now = `${state.pages} ${state.storedBytes}`;
  if (now !== asked) {
    asked = now;
    void refreshSites();
  }
}

/** Fills a list of limits, if it has not the one that is set. */
function offer(
  select: HTMLSelectElement,
  usual: readonly number[],
  set: number | null,
  name: (value: number) => string,
): void {
  const value = set === null ? "" : String(set);
  if (select.options.length === 0 || ![...select.options].some((option) => option.value === value)) {
    const all = [...new Set([...usual, ...(set === null ? [] : [set])])].sort((a, b) => a - b);
    select.replaceChildren(
      element("option", { value: "" }, text("keepAll")),
      ...all.map((each) => element("option", { value: each }, name(each))),
    );
    select.value = value;
  }
  choose(select, value);
}

async function refreshSites(): Promise<void> {
  try {
    const mine = asked;
    const { total, sites } = await ask({ type: "sites" });
    // Asked again meanwhile: that answer is the newer one.
    if (mine !== asked) return;
    largest = Math.max(1, ...sites.map((use) => use.bytes));
    table.show(sites);
    summary.textContent =
      total === 0
        ? text("sitesNone")
        : [
            counted("sitesTotal", total),
            ...(total > sites.length ? [counted("sitesLargest", sites.length)] : []),
          ].join(" ");
  } catch {
    // The state, asked for every two seconds, says what is wrong; then this is tried again.
    asked = "";
  }
}

function rowOf(use: SiteUse): HTMLTableRowElement {
  const forget = element(
    "button",
    { type: "button", class: "quiet", "aria-label": text("forgetSite", use.site) },
    text("forgetButton"),
  );
  forget.addEventListener("click", () => {
    void forgetAll(
      { scope: "site", site: use.site },
      { heading: text("confirmSite", use.site), action: text("confirmForget") },
    );
  });
  return element(
    "tr",
    { role: "row", "data-site": use.site },
    element("th", { role: "rowheader", scope: "row", class: "site" }, ...siteName(use.site)),
    element(
      "td",
      { class: "plot" },
      element("span", { class: "figure" }, bytes(use.bytes)),
      bar(use.bytes / largest),
    ),
    element("td", { role: "cell", class: "number" }, number(use.pages)),
    element("td", { role: "cell", class: "number" }, forget),
  );
}

/** Forgets, once it was seen what goes. */
async function forgetAll(scope: Scope, loss: Loss): Promise<void> {
  await attempt(async () => {
    const preview = await previewOf([scope]);
    if (preview.pages === 0) {
      status.textContent = text("nothingToForget");
      return;
    }
    if (!(await confirmLoss(preview, loss))) return;
    const { pages } = await ask({ type: "forget", ...scope });
    status.textContent = counted("forgotten", pages);
  });
}

async function setDays(): Promise<void> {
  const days = keepDays.value === "" ? null : Number(keepDays.value);
  await attempt(async () => {
    const scope: Scope = { scope: "period", from: 0, to: Date.now() - (days ?? 0) * DAY_MS };
    const preview = await previewOf(days === null ? [] : [scope]);
    // Pinned pages stay, whatever their age. Their titles come last.
    const pages = preview.pages - preview.pinned;
    const goes: Preview = {
      pages,
      pinned: 0,
      bytes: preview.bytes - preview.pinnedBytes,
      pinnedBytes: 0,
      titles: preview.titles.slice(0, pages),
    };
    const agreed =
      goes.pages <= 0 || (await confirmLoss(goes, { ...retentionLoss(), lines: [text("pinnedStay")] }));
    if (agreed) await change({ keepDays: days });
  });
  if (shown) keepDays.value = String(shown.settings.keepDays ?? "");
}

async function setMegabytes(): Promise<void> {
  const limit = keepMegabytes.value === "" ? null : Number(keepMegabytes.value);
  const over = limit === null || !shown ? 0 : shown.storedBytes - limit * MEGABYTE;
  const agreed =
    over <= 0 ||
    (await confirmLoss(null, {
      ...retentionLoss(),
      lines: [text("overLimit", bytes(over)), text("pinnedStay")],
    }));
  if (agreed) await change({ keepMegabytes: limit });
  if (shown) keepMegabytes.value = String(shown.settings.keepMegabytes ?? "");
}

function retentionLoss(): Loss {
  return { heading: text("confirmRetention"), action: text("confirmForget") };
}

/** The period that is chosen; `null` if its days make none. */
function chosenPeriod(): Scope | null {
  const now = Date.now();
  // A page read this very moment is in it, too.
  const end = now + HOUR_MS;
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (period.value === "hour") return { scope: "period", from: now - HOUR_MS, to: end };
  if (period.value === "today") return { scope: "period", from: midnight, to: end };
  if (period.value === "week") return { scope: "period", from: now - 7 * DAY_MS, to: end };
  const first = dayOf(from.value);
  // A single day needs only one field.
  const last = to.value === "" ? first : dayOf(to.value);
  if (!first || !last || last < first) return null;
  last.setDate(last.getDate() + 1);
  return { scope: "period", from: (dayOf(from.value) ?? first).getTime(), to: last.getTime() };
}

/** Midnight at the beginning of a day as the field has it, by the clock on the wall. */
function dayOf(value: string): Date | null {
  const day = new Date(`${value}T00:00`);
  return Number.isNaN(day.getTime()) ? null : day;
}

async function forgetPeriod(): Promise<void> {
  const scope = chosenPeriod();
  if (!scope) {
    status.textContent = text("periodWrong");
    from.focus();
    return;
  }
  await forgetAll(scope, { heading: text("confirmPeriod"), action: text("confirmForget") });
}

async function forgetEverything(): Promise<void> {
  await forgetAll(
    { scope: "everything" },
    {
      heading: text("confirmEverything"),
      lines: [text("confirmEverythingLine")],
      action: text("forgetEverything"),
      word: text("confirmWord"),
    },
  );
}

/** Wires the section up. */
export function startStorage(): void {
  keepDays.addEventListener("change", () => void setDays());
  keepMegabytes.addEventListener("change", () => void setMegabytes());
  period.addEventListener("change", () => {
    periodDays.hidden = period.value !== "days";
  });
  byId("period-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void forgetPeriod();
  });
  byId("everything-button", HTMLButtonElement).addEventListener("click", () => void forgetEverything());
}
