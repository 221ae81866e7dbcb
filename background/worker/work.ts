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
/** The same where a battery is nearly empty: a twentieth of a core, so that what was read is still found soon. */
const SPARING_REST = 19;
/** How long it is believed that a battery is nearly empty, ms. Any page that is read says so again. */
const SPARING_MS = 10 * 60_000;
/** A step this quick is not worth a rest of its own. */
const SHORT_MS = 4;

/** What there is to do; the background has it. */
export interface Chores {
  hasWork(): boolean;
  /** Something will be left to do at a later time: the alarm has to stay. */
  hasMoreLater?(): boolean;
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
  #sparingUntil = 0;

  /** `progress` is called after each step, and must take no time. */
  constructor(ready: () => Promise<Chores>, browser: Alarms, progress: () => void = () => {}) {
    this.#ready = ready;
    this.#browser = browser;
    this.#progress = progress;
  }

  /** Somebody saw how the battery is. */
  batterySeen(low: boolean): void {
    this.#sparingUntil = low ? performance.now() + SPARING_MS : 0;
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
        if (chores.hasMoreLater?.()) await this.#browser.setAlarm(WORK_ALARM, ALARM_MINUTES);
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
          await rest(debt * (performance.now() < this.#sparingUntil ? SPARING_REST : REST));
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
