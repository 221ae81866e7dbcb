// Access to pages. A browser may give none with the installation (Firefox), and a person may take it away or allow single
// sites only; then pages are not read, and nothing but this notice says so.
//
// Stable handles for tests: #access, #access-button, #access-status.

import { ask, mayRead, onAccessChanged, requestAccess } from "./browser.ts";
import { element } from "./dom.ts";
import { text } from "./strings.ts";

/** Whether pages stay unread for want of access: any, or those of an address's site. */
export async function lacksAccess(url?: string): Promise<boolean> {
  if (await mayRead(url)) return false;
  // Before consent nothing is read anyway. The page itself says when the background cannot be reached.
  const state = await ask({ type: "state" }).catch(() => null);
  return state?.settings.consent === true;
}

export class AccessNotice {
  readonly #place: HTMLElement;
  readonly #next: HTMLElement;
  readonly #status = element("p", { id: "access-status", role: "status" });
  #url: string | undefined;

  /** Fills an empty place, hidden until `check` finds something to say. `next` has the focus when the button is gone. */
  constructor(place: HTMLElement, next: HTMLElement) {
    this.#place = place;
    this.#next = next;
    place.id = "access";
    place.className = "problem notice";
    place.setAttribute("role", "group");
    place.setAttribute("aria-labelledby", "access-line");
    const button = element("button", { id: "access-button", type: "button" }, text("accessAllow"));
    button.addEventListener("click", () => void this.#request());
    place.replaceChildren(element("p", { id: "access-line" }, text("accessMissing")), button, this.#status);
    place.hidden = true;
    onAccessChanged(() => void this.check(this.#url));
  }

  get shown(): boolean {
    return !this.#place.hidden;
  }

  /** Shows the notice where access is missing: to any page, or to those of an address's site. */
  async check(url?: string): Promise<void> {
    this.#url = url;
    const missing = await lacksAccess(url);
    if (url !== this.#url) return;
    const focused = this.#place.contains(document.activeElement);
    this.#place.hidden = !missing;
    if (missing) return;
    this.#status.textContent = "";
    if (focused) this.#next.focus();
  }

  async #request(): Promise<void> {
    // First of all: the browser asks only within the click.
    const given = await requestAccess().catch(() => false);
    this.#status.textContent = given ? "" : text("accessRefused");
    await this.check(this.#url);
  }
}
