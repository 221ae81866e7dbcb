// Filters as chips: since when, on which site, and in which order.

import type { Filters, Order } from "../../messages/messages.ts";
import { element } from "../shared/dom.ts";
import { daysAgo } from "../shared/format.ts";
import { type MessageKey, text } from "../shared/strings.ts";

/** Periods, each as the number of days before today with which it begins. */
const PERIODS: [id: string, label: MessageKey, days: number][] = [
  ["today", "filterToday", 0],
  ["week", "filterWeek", 6],
  ["month", "filterMonth", 30],
  ["year", "filterYear", 365],
];

export class FilterChips {
  readonly #place: HTMLElement;
  readonly #changed: () => void;
  readonly #periods = new Map<string, HTMLButtonElement>();
  readonly #site: HTMLInputElement;
  readonly #only: HTMLButtonElement;
  readonly #newest: HTMLButtonElement;
  #period: string | null = null;
  #order: Order = "best";
  /** The site that results are limited to. */
  #limit: string | null = null;
  #suggested: string | null = null;

  /** `changed` is called after each change that a person made. */
  constructor(place: HTMLElement, changed: () => void) {
    this.#place = place;
    this.#changed = changed;
    for (const [id, label] of PERIODS) {
      const chip = element("button", { type: "button", class: "chip", "data-period": id }, text(label));
      chip.addEventListener("click", () => {
        this.#period = this.#period === id ? null : id;
        this.#paint();
        changed();
      });
      this.#periods.set(id, chip);
    }
    this.#site = element("input", {
      id: "site-filter",
      class: "chip",
      type: "search",
      "aria-label": text("filterSite"),
      placeholder: text("filterSitePlaceholder"),
      autocomplete: "off",
      spellcheck: "false",
      dir: "ltr",
    });
    this.#site.addEventListener("change", () => this.#limitTo(siteOf(this.#site.value)));
    // The cross in the box empties it without a "change".
    this.#site.addEventListener("input", () => {
      if (this.#site.value === "") this.#limitTo(null);
    });
    this.#only = element("button", { id: "only-site", type: "button", class: "chip" });
    this.#only.addEventListener("click", () => this.#limitTo(this.#suggested));
    this.#newest = element("button", { id: "newest", type: "button", class: "chip" }, text("orderNewest"));
    this.#newest.addEventListener("click", () => {
      this.#order = this.#order === "best" ? "newest" : "best";
      this.#paint();
      changed();
    });
    place.append(...this.#periods.values(), this.#newest, this.#site, this.#only);
    this.#paint();
  }

  /** What results must satisfy now. */
  get filters(): Filters {
    const days = PERIODS.find(([id]) => id === this.#period)?.[2];
    return { site: this.#limit, after: days === undefined ? null : daysAgo(days), before: null };
  }

  /** Which result comes first. */
  get order(): Order {
    return this.#order;
  }

  /** Something is asked of results. */
  get active(): boolean {
    return this.#period !== null || this.#limit !== null;
  }

  /** Shows the chips, or hides them where they would do nothing. */
  show(shown: boolean): void {
    this.#place.hidden = !shown;
  }

  /** Offers the site of the selected result. */
  suggest(site: string | null): void {
    if (site === this.#suggested) return;
    this.#suggested = site;
    this.#paint();
  }

  /** Takes all of it off, silently. */
  clear(): void {
    this.#order = "best";
    this.#period = null;
    this.#limit = null;
    this.#paint();
  }

  #limitTo(site: string | null): void {
    if (site === this.#limit) return;
    this.#limit = site;
    this.#paint();
    this.#changed();
  }

  #paint(): void {
    for (const [id, chip] of this.#periods) chip.setAttribute("aria-pressed", String(id === this.#period));
    this.#newest.setAttribute("aria-pressed", String(this.#order === "newest"));
    this.#site.value = this.#limit ?? "";
    this.#site.toggleAttribute("data-on", this.#limit !== null);
    this.#only.hidden = this.#suggested === null || this.#limit !== null;
    this.#only.textContent = text("filterOnly", this.#suggested ?? "");
    this.#only.title = this.#only.textContent;
  }
}

/** The host in what was typed, as addresses have it; null where there is none. */
function siteOf(typed: string): string | null {
  const trimmed = typed.trim();
  try {
    return (
      new URL(trimmed.includes("://") ? trimmed : `http://${trimmed}`).hostname.replace(/^www\./, "") || null
    );
  } catch {
    return null;
  }
}
