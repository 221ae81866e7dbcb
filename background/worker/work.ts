// Works off what is left to do, step by step, and rests as long as it worked: never more than half of one
// core. Runs inside an event; an alarm brings it back while anything is left, whatever happened meanwhile.

import { clearAlarm, heartbeat, setAlarm } from "./browser.ts";
import { ready } from "./ready.ts";
import type { Background } from "./rust.ts";

export const WORK_ALARM = "work";
/** The shortest that browsers allow. */
const ALARM_MINUTES = 0.5;
/** Well below the 30 seconds after which an idle worker is killed. */
const HEARTBEAT_MS = 20_000;
/** A step this quick is not worth a rest of its own. */
const SHORT_MS = 4;

let running: Promise<void> | undefined;

/** Starts the work, or joins the one that is under way. */
export function work(): Promise<void> {
  running ??= run().finally(() => {
    running = undefined;
  });
  return running;
}

async function run(): Promise<void> {
  const background = await ready();
  // In a loop, because something may come in while the alarm is being cleared.
  while (background.hasWork()) {
    await setAlarm(WORK_ALARM, ALARM_MINUTES);
    try {
      await workOff(background);
    } catch (error) {
      // A full disk, say: not at once again, and not for ever in one event.
      console.warn("afterimage: work stopped, the alarm will try again", error);
      return;
    }
    if (!background.hasWork()) await clearAlarm(WORK_ALARM);
  }
}

async function workOff(background: Background): Promise<void> {
  const beat = setInterval(() => void heartbeat(), HEARTBEAT_MS);
  try {
    let debt = 0;
    for (;;) {
      const start = performance.now();
      const more = await background.step();
      if (!more) return;
      debt += performance.now() - start;
      if (debt >= SHORT_MS) {
        await rest(debt);
        debt = 0;
      }
    }
  } finally {
    clearInterval(beat);
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
