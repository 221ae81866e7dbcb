// The privacy section: pause, the general level, manners. Rules for sites are in rules.ts, the kept list in
// sensitive.ts.

import type { Level, State } from "../../messages/messages.ts";
import { byId } from "../shared/dom.ts";
import { moment } from "../shared/format.ts";
import { pauseEnd } from "../shared/pause-end.ts";
import { text } from "../shared/strings.ts";
import { change } from "./section.ts";

const pauseForm = byId("pause-form", HTMLFormElement);
const pauseFor = byId("pause-for", HTMLSelectElement);
const pauseRunning = byId("pause-running", HTMLDivElement);
const pauseStatus = byId("pause-status", HTMLSpanElement);
const level = byId("level", HTMLFieldSetElement);
const manual = byId("manual", HTMLInputElement);
const noarchive = byId("noarchive", HTMLInputElement);
const agedOut = byId("aged-out", HTMLInputElement);

/** Draws the section. */
export function showPrivacy({ settings, paused }: State): void {
  pauseForm.hidden = paused;
  pauseRunning.hidden = !paused;
  const until = settings.paused ? null : settings.pausedUntil;
  const words = until === null ? text("pausedOpen") : text("pausedUntil", moment(until));
  // The same words again would be read aloud again.
  if (pauseStatus.textContent !== words) pauseStatus.textContent = words;
  for (const radio of radios()) radio.checked = radio.value === settings.level;
  manual.checked = settings.manual;
  noarchive.checked = settings.honourNoarchive;
  agedOut.checked = settings.forgetAgedOut;
}

function radios(): HTMLInputElement[] {
  return [...level.querySelectorAll("input")];
}

async function pause(): Promise<void> {
  const until = pauseFor.value === "open" ? null : pauseEnd(pauseFor.value === "hour" ? "hour" : "tomorrow");
  if (await change({ paused: until === null, pausedUntil: until }))
    byId("resume-button", HTMLButtonElement).focus();
}

async function resume(): Promise<void> {
  if (await change({ paused: false, pausedUntil: null })) byId("pause-button", HTMLButtonElement).focus();
}

/** Wires the section up. */
export function startPrivacy(): void {
  pauseForm.addEventListener("submit", (event) => {
    event.preventDefault();
    void pause();
  });
  byId("resume-button", HTMLButtonElement).addEventListener("click", () => void resume());
  for (const radio of radios())
    radio.addEventListener("change", () => void change({ level: radio.value as Level }));
  manual.addEventListener("change", () => void change({ manual: manual.checked }));
  noarchive.addEventListener("change", () => void change({ honourNoarchive: noarchive.checked }));
  agedOut.addEventListener("change", () => void change({ forgetAgedOut: agedOut.checked }));
}
