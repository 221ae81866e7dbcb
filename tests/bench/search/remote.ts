// The page's side of a worker: its methods as calls.

import type { Answer, Call, Methods } from "./methods.ts";

/** How often a service worker is asked whether it is alive, ms: the browser ends one that was idle for 30 s. */
const ALIVE_MS = 5000;

/** A worker and its methods. */
export abstract class Remote {
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;

  call<Method extends keyof Methods>(
    method: Method,
    ...args: Parameters<Methods[Method]>
  ): Promise<Awaited<ReturnType<Methods[Method]>>> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.send({ id, method, args });
    });
  }

  /** Nothing that it still does is waited for. */
  abstract stop(): void;

  protected abstract send(call: Call): void;

  protected answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  }

  /** No call will be answered. */
  protected died(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

/** A worker of this page. */
export class Dedicated extends Remote {
  readonly #worker: Worker;

  /** Two addresses of one script tell their memory apart. */
  constructor(address: string) {
    super();
    this.#worker = new Worker(address, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.answered(data);
    this.#worker.onerror = ({ message }) => this.died(message || "the worker died");
  }

  stop(): void {
    this.#worker.terminate();
  }

  protected send(call: Call): void {
    this.#worker.postMessage(call);
  }
}

/** The service worker. The page cannot end it (Node can, host.ts); the next message starts it again. */
export class Service extends Remote {
  readonly #worker: ServiceWorker;
  readonly #listener = ({ data }: MessageEvent) => this.#heard(data);
  readonly #timer: number;
  /** Which start of the worker answers. */
  #instance: string | undefined;

  private constructor(worker: ServiceWorker) {
    super();
    this.#worker = worker;
    navigator.serviceWorker.addEventListener("message", this.#listener);
    navigator.serviceWorker.startMessages();
    const ask = () => this.#worker.postMessage("alive");
    ask();
    this.#timer = window.setInterval(ask, ALIVE_MS);
  }

  /** Registers the script, unless it is. */
  static async at(address: string): Promise<Service> {
    if ((await navigator.serviceWorker.getRegistration()) === undefined)
      await navigator.serviceWorker.register(address, { type: "module" });
    const { active } = await navigator.serviceWorker.ready;
    if (active === null) throw new Error("there is no active service worker");
    return new Service(active);
  }

  stop(): void {
    clearInterval(this.#timer);
    navigator.serviceWorker.removeEventListener("message", this.#listener);
  }

  protected send(call: Call): void {
    this.#worker.postMessage(call);
  }

  #heard(data: Answer | { instance: string }): void {
    if (!("instance" in data)) this.answered(data);
    else if (this.#instance === undefined) this.#instance = data.instance;
    else if (this.#instance !== data.instance) this.died("the browser ended the service worker");
  }
}
