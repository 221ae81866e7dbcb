// Works off what is left to do, step by step, and rests as long as it worked: never more than half of one
// core. Runs inside an event; an alarm brings it back while anything is left, whatever happened meanwhile.

import { clearAlarm, heartbeat, setAlarm } from "./browser.ts";
import { ready } from "./ready.ts";

export const WORK_ALARM = "work";
/** The shortest that browsers allow. */
const ALARM_MINUTES = 0.5;
/** Well below the 30 seconds after which an idle worker is killed. */
const HEARTBEAT_MS = 20_000;
/** A step this quick is not worth a rest of its own. */
const SHORT_MS = 4;
/** After an error (a full disk, say) the alarm tries again; not at once, and not for ever in one event. */
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
  if (!background.hasWork()) {
    await clearAlarm(WORK_ALARM);
    return;
  }
  await setAlarm(WORK_ALARM, ALARM_MINUTES);
  const beat = setInterval(() => void heartbeat(), HEARTBEAT_MS);
  try {
    let debt = 0;
    for (;;) {
      const start = performance.now();
      const more = await background.step();
      if (!more) break;
      debt += performance.now() - start;
      if (debt >= SHORT_MS) {
        await rest(debt);
        debt = 0;
      }
    }
    if (!background.hasWork()) await clearAlarm(WORK_ALARM);
  } catch (error) {
    console.warn("afterimage: work stopped, the alarm will try again", error);
  } finally {
    clearInterval(beat);
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
