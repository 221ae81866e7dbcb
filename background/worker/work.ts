// Works off what is left to do, step by step, and rests a little longer than it worked: never more than half of one
// core. Runs inside an event; an alarm brings it back while anything is left, whatever happened meanwhile.

export const WORK_ALARM = "work";
/** The shortest that browsers allow. */
const ALARM_MINUTES = 0.5;
/** Well below the 30 seconds after which an idle worker is killed. */
const HEARTBEAT_MS = 20_000;
/**
 * How much longer than it worked it rests. What is in no step (collecting garbage, answering, timers) takes time, too:
 * at 1 it was 5.09 s of processor time in 10.
 */
const REST = 1.25;
/** A step this quick is not worth a rest of its own. */
const SHORT_MS = 4;

/** What there is to do; the background has it. */
export interface Chores {
  hasWork(): boolean;
  /** In how many milliseconds something will be left to do that is not yet: the alarm is to ring then. */
  sleepsFor?(): number | undefined;
  /** Does one small piece; `true` if there may be more. */
  step(): Promise<boolean>;
  /** How much of the last step's time was work of this process at most, where that is not all of it. */
  readonly share?: number;
}

/** What the browser does for it. */
export interface Alarms {
  setAlarm(name: string, periodInMinutes: number): Promise<void>;
  clearAlarm(name: string): Promise<void>;
  heartbeat(): Promise<void>;
}

export class Work {
  readonly #ready: () => Promise<Chores>;
  readonly #browser: Alarms;
  readonly #progress: () => void;
  #running: Promise<void> | undefined;

  /** `progress` is called after each step, and must take no time. */
  constructor(ready: () => Promise<Chores>, browser: Alarms, progress: () => void = () => {}) {
    this.#ready = ready;
    this.#browser = browser;
    this.#progress = progress;
  }

  /** Starts the work, or joins the one that is under way. */
  resume(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      const chores = await this.#ready();
      do {
        if (chores.hasWork()) {
          await this.#browser.setAlarm(WORK_ALARM, ALARM_MINUTES);
          try {
            await this.#workOff(chores);
          } catch (error) {
            // A full disk, say: not at once again, and not for ever in one event.
            console.warn("afterimage: work stopped, the alarm will try again", error);
            return;
          }
        }
        // Without work, too: a worker that died just before this has left its alarm behind.
        const later = chores.sleepsFor?.();
        if (later !== undefined)
          await this.#browser.setAlarm(WORK_ALARM, Math.max(ALARM_MINUTES, later / 60_000));
        else if (!chores.hasWork()) await this.#browser.clearAlarm(WORK_ALARM);
        // Something may have come in while the alarm was being cleared.
      } while (chores.hasWork());
    } finally {
      // In the same turn as the last look at what is left: nobody joins a run that will not look again.
      this.#running = undefined;
    }
  }

  async #workOff(chores: Chores): Promise<void> {
    const beat = setInterval(() => void this.#browser.heartbeat(), HEARTBEAT_MS);
    try {
      let debt = 0;
      for (;;) {
        const start = performance.now();
        const more = await chores.step();
        this.#progress();
        if (!more) return;
        debt += (performance.now() - start) * (chores.share ?? 1);
        if (debt >= SHORT_MS) {
          await rest(debt * REST);
          debt = 0;
        }
      }
    } finally {
      clearInterval(beat);
    }
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
