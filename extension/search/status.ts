// The quiet line at the foot: who answered and how fast, how much is remembered, what is going on.

import type { Results, State } from "../../messages/messages.ts";
import { backendName, clock, milliseconds } from "../shared/format.ts";
import { counted, text } from "../shared/strings.ts";

/** The line; either part may be missing. */
export function statusLine(answer: Results | null, state: State | null): string {
  const parts: string[] = [];
  if (answer) {
    if (answer.backend) parts.push(backendName(answer.backend));
    else if (answer.hits.every((hit) => hit.why === "words")) parts.push(text("wordsOnly"));
    parts.push(milliseconds(answer.embedMs + answer.searchMs));
  }
  if (state) {
    parts.push(counted("pages", state.pages));
    const { paused, pausedUntil } = state.settings;
    if (state.paused)
      parts.push(
        paused || pausedUntil === null ? text("paused") : text("statusPausedUntil", clock(pausedUntil)),
      );
    if (state.queued > 0) parts.push(counted("queued", state.queued));
    if (state.unembedded > 0)
      parts.push(counted(state.sparing ? "unembeddedSparing" : "unembedded", state.unembedded));
  }
  return parts.join(" · ");
}

/** Something is being read or embedded. */
export function isBusy(state: State): boolean {
  return state.queued + (state.sparing ? 0 : state.unembedded) > 0;
}
