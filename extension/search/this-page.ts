// The page in the tab in front: what is kept of it or why nothing is, how much is kept of its site, and what one can
// do about it.
//
// Stable handles for tests: #this-page with data-state (kept | title | queued | skipped | unread) and data-skip,
// #page-line, [name=level], #remember-button, #pin-button, #forget-button, #undo-button, #page-note, and those of
// shared/access.ts.

import type { Level, PageStatus, SkipReason } from "../../messages/messages.ts";
import { AccessNotice } from "../shared/access.ts";
import { ask, readNow, type WebTab } from "../shared/browser.ts";
import { mayGoForGood } from "../shared/confirm.ts";
import { element } from "../shared/dom.ts";
import { Forgetting } from "../shared/forgetting.ts";
import { ago } from "../shared/format.ts";
import { wordsOf } from "../shared/problem.ts";
import { counted, type MessageKey, text } from "../shared/strings.ts";

const LEVELS: [Level, MessageKey][] = [
  ["full", "siteFull"],
  ["title", "siteTitle"],
  ["never", "siteNever"],
];
const REASONS: Record<SkipReason, MessageKey> = {
  noConsent: "skipNoConsent",
  paused: "skipPaused",
  manual: "skipManual",
  scheme: "skipScheme",
  privateAddress: "skipPrivateAddress",
  sensitiveSite: "skipSensitiveSite",
  searchResults: "skipSearchResults",
  passwordField: "skipPasswordField",
  cardField: "skipCardField",
  excluded: "skipExcluded",
  noArchive: "skipNoArchive",
  privateWindow: "skipPrivateWindow",
  notTopFrame: "skipNotTopFrame",
  empty: "skipEmpty",
};
/** What asking for a page overrides: a choice of when to read, not one of what. */
const ASKABLE: (SkipReason | null)[] = [null, "paused", "manual", "empty"];
/** How often, and for how long, in ms, it is looked whether a page that was asked for has come. */
const LOOK = 300;
const LOOKS = 30;

export class ThisPage {
  readonly #place: HTMLElement;
  readonly #known = element("div", { class: "known" });
  readonly #access: AccessNotice;
  readonly #changed: () => void;
  readonly #forgetting = new Forgetting({
    forgotten: () => {
      this.#undo = true;
    },
    restored: () => {
      this.#undo = false;
    },
    settle: () => {
      this.#undo = false;
      this.#paint();
    },
    tell: (what) => {
      this.#note = what;
    },
  });
  #tab: WebTab | null = null;
  #status: PageStatus | null = null;
  /** What was just done or went wrong. */
  #note = "";
  #undo = false;
  /** Goes up with each tab that is shown, so that what is known late of an earlier one is dropped. */
  #shown = 0;

  /** `changed`: more or less is kept than before. */
  constructor(place: HTMLElement, changed: () => void) {
    this.#place = place;
    this.#changed = changed;
    place.setAttribute("aria-label", text("thisPage"));
    place.tabIndex = -1;
    const notice = element("div");
    this.#access = new AccessNotice(notice, place);
    place.replaceChildren(notice, this.#known);
  }

  /** Shows what is known of a tab's page, and whether pages like it may be read at all. */
  async show(tab: WebTab | null): Promise<void> {
    this.#shown += 1;
    if (tab?.url !== this.#tab?.url) {
      this.#note = "";
      this.#undo = false;
    }
    this.#tab = tab;
    this.#status = null;
    await this.#access.check(tab?.url);
    if (tab) await this.refresh();
    else this.#paint();
  }

  async refresh(): Promise<void> {
    const [tab, number] = [this.#tab, this.#shown];
    if (!tab) return;
    try {
      const status = await ask({ type: "page", url: tab.url });
      if (number !== this.#shown) return;
      this.#status = status;
    } catch (error) {
      this.#note = wordsOf(error);
    }
    this.#paint();
  }

  async #do(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.#note = wordsOf(error);
    }
    await this.refresh();
    this.#changed();
  }

  async #remember(tab: WebTab): Promise<void> {
    const { skip } = await ask({ type: "remember", url: tab.url });
    if (skip !== null) {
      this.#note = text(REASONS[skip]);
      return;
    }
    await readNow(tab);
    for (let look = 0; look < LOOKS; look += 1) {
      const { page, queued, skip: found } = await ask({ type: "page", url: tab.url });
      if (page || queued) {
        this.#note = text("rememberedNow");
        return;
      }
      if (found && !ASKABLE.includes(found)) {
        this.#note = text(REASONS[found]);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    this.#note = text("skipEmpty");
  }

  async #setLevel(site: string, level: Level): Promise<void> {
    const asked = text(level === "never" ? "levelNeverAsk" : "levelTitleAsk", site);
    if (!(await mayGoForGood({ scope: "level", site, level }, asked))) return;
    const { pages } = await ask({ type: "setSite", site, level });
    this.#note = pages > 0 ? counted("forgotten", pages) : text("saved");
  }

  #paint(): void {
    const focused = document.activeElement?.id;
    const [tab, status] = [this.#tab, this.#status];
    this.#place.dataset.state = stateOf(status);
    this.#place.dataset.skip = status?.skip ?? "";
    // Of a page without access the browser does not even tell that it is one.
    this.#known.hidden = !tab && this.#access.shown;
    if (!tab || !status) {
      this.#known.replaceChildren(element("p", { id: "page-line" }, text(tab ? "searching" : "noWebPage")));
      return;
    }
    this.#known.replaceChildren(
      element("p", { id: "page-line" }, lineOf(status)),
      ...(status.changeable ? [this.#levels(status)] : []),
      element("div", { class: "buttons" }, ...this.#buttons(tab, status)),
      element("p", { id: "page-note", role: "status" }, this.#note),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  #levels(status: PageStatus): HTMLElement {
    const site = status.rule?.site ?? status.site;
    const holds = levelOf(status);
    const choices = LEVELS.map(([level, label]) => {
      const radio = element("input", {
        type: "radio",
        name: "level",
        id: `level-${level}`,
        value: level,
        checked: level === holds,
      });
      radio.addEventListener("change", () => void this.#do(() => this.#setLevel(site, level)));
      return element("label", {}, radio, text(label));
    });
    return element(
      "fieldset",
      { class: "levels" },
      element("legend", { dir: "auto" }, text("levelOf", site)),
      ...choices,
    );
  }

  #buttons(tab: WebTab, status: PageStatus): HTMLElement[] {
    const buttons: HTMLElement[] = [];
    const add = (id: string, label: MessageKey, run: () => Promise<void>): void => {
      const button = element("button", { id, type: "button" }, text(label));
      button.addEventListener("click", () => {
        button.disabled = true;
        void this.#do(run);
      });
      buttons.push(button);
    };
    const { page } = status;
    if (page) {
      add("pin-button", page.pinned ? "unpin" : "pin", async () => {
        await ask({ type: "pin", page: page.page, pinned: !page.pinned });
        this.#note = text(page.pinned ? "unpinnedNote" : "pinnedNote");
      });
      add("forget-button", "forgetPage", () => this.#forgetting.forget(page.page));
    } else if (ASKABLE.includes(status.skip) && !status.queued) {
      add("remember-button", "rememberNow", () => this.#remember(tab));
    }
    if (this.#undo) add("undo-button", "undo", () => this.#forgetting.undo(tab.title));
    return buttons;
  }
}

/** The level that holds, the kept list of sensitive sites included. */
function levelOf(status: PageStatus): Level {
  return status.skip === "sensitiveSite" || status.skip === "excluded" ? "never" : status.level;
}

function stateOf(status: PageStatus | null): string {
  if (!status) return "";
  if (status.page) return status.page.passages > 1 ? "kept" : "title";
  if (status.queued) return "queued";
  return status.skip ? "skipped" : "unread";
}

function lineOf(status: PageStatus): string {
  const { page, skip, queued } = status;
  if (page) {
    const kept = page.passages > 1 ? counted("keptPassages", page.passages - 1) : text("keptTitle");
    const parts = [kept, counted("visits", page.visits), ago(page.lastSeen)];
    if (page.pinned) parts.push(text("pinned"));
    return parts.join(" · ");
  }
  if (queued) return text("pageQueued");
  return skip ? text(REASONS[skip]) : text("pageUnread");
}
