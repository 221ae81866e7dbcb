// Changing a setting. Settings travel whole, so one field is changed in what is in force at that moment,
// and changes wait for each other: two at once would undo one another.

import type { Forgotten, Level, Settings, State } from "../../messages/messages.ts";
import { ask } from "./browser.ts";

let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(change: () => Promise<T>): Promise<T> {
  const changed = last.then(change);
  last = changed.catch(() => undefined);
  return changed;
}

/** Changes these fields, keeps the others, and gives the state that holds then. */
export function changeSettings(changed: Partial<Settings>): Promise<State> {
  return inTurn(async () => {
    const { settings } = await ask({ type: "state" });
    return await ask({ type: "configure", ...settings, ...changed });
  });
}

/** Sets what is kept of a site; `null` takes its rule away. Gives what was forgotten. */
export function setSite(site: string, level: Level | null): Promise<Forgotten> {
  return inTurn(() => ask({ type: "setSite", site, level }));
}
