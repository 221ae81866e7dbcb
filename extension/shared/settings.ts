// Changing a setting. Settings travel whole, so one field is changed in what is in force at that moment,
// and changes wait for each other: two at once would undo one another.

import type { Settings, State } from "../../messages/messages.ts";
import { ask } from "./browser.ts";

let last: Promise<unknown> = Promise.resolve();

/** Changes these fields, keeps the others, and gives the state that holds then. */
export function changeSettings(changed: Partial<Settings>): Promise<State> {
  const change = last.then(async () => {
    const { settings } = await ask({ type: "state" });
    return await ask({ type: "configure", ...settings, ...changed });
  });
  last = change.catch(() => undefined);
  return change;
}
