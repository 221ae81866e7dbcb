// Fetches the files of models, and nothing else ever uses the network. What to fetch, from which byte on, when to try
// again and what to make of it, Rust decides; this reads streams. Runs inside an event; an alarm brings it back while a
// download is wanted, whatever happened meanwhile.

import type { ModelFetch, ModelStep } from "../../messages/messages.ts";
import type { Alarms } from "./work.ts";

export const MODEL_ALARM = "models";
/** The shortest that browsers allow. */
const ALARM_MINUTES = 0.5;
/** Well below the 30 seconds after which an idle worker is killed. */
const HEARTBEAT_MS = 20_000;
/** What is kept at once: a worker that dies fetches less than this again. */
const PIECE = 1 << 20;
/** A connection on which nothing came for so long is given up. */
const STALL_MS = 30_000;

/** The Rust side. */
export interface Keeper {
  /** Something is to be fetched, now or after a while. */
  wantsNetwork(): boolean;
  /** What to do next (a {@link ModelStep}), or `undefined`. */
  modelNext(): Promise<unknown>;
  /** Keeps bytes durably; `false`: no more is wanted. */
  modelTake(model: string, file: string, at: number, bytes: Uint8Array): Promise<boolean>;
  /** It ended too early: with a status, for a reason, or, with neither, with something of another length. */
  modelTrouble(
    model: string,
    file: string,
    status: number | undefined,
    detail: string | undefined,
  ): Promise<void>;
}

/** The server has something else than what was asked for: a status, or `undefined` for another length. */
class Refused extends Error {
  readonly status: number | undefined;

  constructor(status?: number) {
    super("refused");
    this.status = status;
  }
}

export class Downloads {
  readonly #ready: () => Promise<Keeper>;
  readonly #browser: Alarms;
  readonly #came: () => void;
  readonly #fetch: typeof fetch;
  #running: Promise<void> | undefined;
  #request: AbortController | undefined;
  /** Somebody called since it looked last. */
  #asked = false;
  #wake: () => void = () => {};

  /** `came` is called when something was fetched or given up: there may be work. */
  constructor(ready: () => Promise<Keeper>, browser: Alarms, came: () => void, get?: typeof fetch) {
    this.#ready = ready;
    this.#browser = browser;
    this.#came = came;
    // Not as a method of this object: `fetch` wants the global one.
    this.#fetch = get ?? ((input, init) => fetch(input, init));
  }

  /** Starts what is wanted, or looks again at what is under way: it may be wanted no more, or at once. */
  async resume(): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#run();
    this.#wake();
    const running = this.#running;
    // A background that cannot start is told of by whoever runs.
    const wanted = await this.#ready().then(
      (keeper) => keeper.wantsNetwork(),
      () => true,
    );
    if (!wanted) this.#request?.abort();
    return running;
  }

  async #run(): Promise<void> {
    const beat = setInterval(() => void this.#browser.heartbeat(), HEARTBEAT_MS);
    try {
      const keeper = await this.#ready();
      do {
        this.#asked = false;
        await this.#all(keeper);
        // Something may have been asked for while the alarm was being cleared.
      } while (this.#asked);
    } catch (error) {
      // The store failed, say: not at once again.
      console.warn("afterimage: a download stopped, the alarm will try again", error);
    } finally {
      clearInterval(beat);
      this.#running = undefined;
    }
  }

  async #all(keeper: Keeper): Promise<void> {
    for (;;) {
      const step = (await keeper.modelNext()) as ModelStep | undefined;
      if (step === undefined) break;
      await this.#browser.setAlarm(MODEL_ALARM, ALARM_MINUTES);
      if (step.step === "wait") await this.#rest(step.ms);
      else await this.#get(keeper, step);
      this.#came();
    }
    await this.#browser.clearAlarm(MODEL_ALARM);
  }

  async #get(keeper: Keeper, wanted: ModelFetch): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    let stalled = false;
    const stall = () => {
      stalled = true;
      request.abort();
    };
    let timer = setTimeout(stall, STALL_MS);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(stall, STALL_MS);
    };
    const pieces = new Pieces(keeper, wanted);
    try {
      try {
        await this.#stream(wanted, request.signal, pieces, alive);
      } finally {
        clearTimeout(timer);
        // What came is kept, however it ended.
        await pieces.flush();
      }
      if (pieces.wanted && pieces.at < wanted.size) throw new Error("the connection ended early");
    } catch (error) {
      // Stopped by the person.
      if (request.signal.aborted && !stalled) return;
      const { model, file } = wanted;
      if (error instanceof Refused) await keeper.modelTrouble(model, file, error.status, undefined);
      else if (error instanceof StoreFailed) throw error.why;
      else {
        const detail = stalled ? `nothing came for ${STALL_MS / 1000} s` : String(error);
        await keeper.modelTrouble(model, file, undefined, detail);
      }
    } finally {
      request.abort();
      this.#request = undefined;
    }
  }

  async #stream(
    { url, from, size }: ModelFetch,
    signal: AbortSignal,
    pieces: Pieces,
    alive: () => void,
  ): Promise<void> {
    const response = await this.#fetch(url, {
      signal,
      headers: from > 0 ? { range: `bytes=${from}-` } : {},
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    let skip = skipped(response, from, size);
    const reader = response.body?.getReader();
    while (reader !== undefined && pieces.wanted) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const part = value.subarray(Math.min(skip, value.length));
      skip -= value.length - part.length;
      await pieces.add(part);
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** How much of an answer's beginning is here already; throws where it is not what was asked for. */
function skipped(response: Response, from: number, size: number): number {
  const { status, headers } = response;
  if (status === 206) {
    const range = headers.get("content-range")?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/);
    const [, start, total] = range ?? [];
    const fits = range === undefined || (Number(start) === from && (total === "*" || Number(total) === size));
    if (!fits) throw new Refused();
    return 0;
  }
  if (status !== 200) throw new Refused(status);
  const length = headers.get("content-length");
  if (length !== null && !headers.has("content-encoding") && Number(length) !== size) throw new Refused();
  // It knows no ranges, and gives the whole file.
  return from;
}

/** The store, not the network. */
class StoreFailed extends Error {
  readonly why: unknown;

  constructor(why: unknown) {
    super("the store failed");
    this.why = why;
  }
}

/** Gathers what comes into pieces that are worth a transaction. */
class Pieces {
  readonly #keeper: Keeper;
  readonly #of: ModelFetch;
  readonly #buffer = new Uint8Array(PIECE);
  #filled = 0;
  /** Up to where it is durable. */
  at: number;
  /** More is wanted. */
  wanted = true;

  constructor(keeper: Keeper, of: ModelFetch) {
    this.#keeper = keeper;
    this.#of = of;
    this.at = of.from;
  }

  async add(bytes: Uint8Array): Promise<void> {
    if (this.at + this.#filled + bytes.length > this.#of.size) throw new Refused();
    for (let rest = bytes; rest.length > 0 && this.wanted; ) {
      const part = rest.subarray(0, PIECE - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === PIECE) await this.flush();
    }
  }

  async flush(): Promise<void> {
    if (this.#filled === 0 || !this.wanted) return;
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    const { model, file } = this.#of;
    try {
      this.wanted = await this.#keeper.modelTake(model, file, this.at, bytes);
    } catch (error) {
      this.wanted = false;
      throw new StoreFailed(error);
    }
    this.at += bytes.length;
  }
}
