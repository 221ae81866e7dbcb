// Pausing: for an hour, until tomorrow, or until one goes on. A plain select, which every keyboard and screen reader
// knows; its first entry says what is the case.

import type { State } from "../../messages/messages.ts";
import { element } from "../shared/dom.ts";
import { pauseEnd } from "../shared/pause-end.ts";
import { changeSettings } from "../shared/settings.ts";
import { text } from "../shared/strings.ts";

type Choice = "now" | "resume" | "hour" | "tomorrow" | "always";

export class PauseChoice {
  readonly #select: HTMLSelectElement;
  /** What the choices were made for: with every answer of a search it is shown again. */
  #shown = "";

  /** `paused` hears of the state that holds after a choice, `failed` of what went wrong. */
  constructor(select: HTMLSelectElement, paused: (state: State) => void, failed: (error: unknown) => void) {
    this.#select = select;
    select.addEventListener("change", () => {
      const choice = select.value as Choice;
      if (choice === "now") return;
      changeSettings({ paused: choice === "always", pausedUntil: endOf(choice) }).then(
        (state) => {
          this.show(state);
          paused(state);
        },
        (error: unknown) => {
          select.value = "now";
          failed(error);
        },
      );
    });
  }

  show(state: State): void {
    const { paused, consent } = state.settings;
    const shown = JSON.stringify([state.paused, paused, consent]);
    if (shown === this.#shown && this.#select.value === "now") return;
    this.#shown = shown;
    const now = text(state.paused ? "pausePaused" : "pauseReading");
    const choices: [Choice, string][] = [["now", now]];
    if (state.paused) choices.push(["resume", text("pauseResume")]);
    choices.push(["hour", text("pauseForHour")], ["tomorrow", text("pauseTillTomorrow")]);
    if (!paused) choices.push(["always", text("pauseAlways")]);
    this.#select.replaceChildren(...choices.map(([value, label]) => element("option", { value }, label)));
    this.#select.value = "now";
    this.#select.toggleAttribute("data-paused", state.paused);
    this.#select.hidden = !consent;
  }
}

function endOf(choice: Choice): number | null {
  return choice === "hour" || choice === "tomorrow" ? pauseEnd(choice) : null;
}
