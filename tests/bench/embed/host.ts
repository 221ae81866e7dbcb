// Node's side of the page: what it may fetch, and its functions as methods.

import path from "node:path";
import { BenchPage } from "../browser/page.ts";
import { rows } from "./corpus.ts";
import type { Bench } from "./page.ts";
import type { Name, Work } from "./work.ts";

/** Gives a software adapter where there is no graphics hardware: slow, but it compares kernels. */
const SOFTWARE_GPU = "--enable-unsafe-webgpu";
const WARM_UP = { runs: 3, ms: 500 };

/** The page with the contenders in it. */
export class Host {
  /** Why a contender does not take part. */
  readonly absent = new Map<Name, string>();
  readonly #page: BenchPage;

  private constructor(page: BenchPage) {
    this.#page = page;
  }

  static async start(): Promise<Host> {
    const page = await BenchPage.open({
      script: "tests/bench/embed/page.ts",
      folders: {
        wasm: path.resolve("dist/stage/wasm"),
        model: path.resolve("dist/stage/model/all-MiniLM-L6-v2"),
        source: setting("AFTERIMAGE_MODEL_DIR"),
        onnx: setting("AFTERIMAGE_BENCH_ONNX"),
        peers: setting("AFTERIMAGE_BENCH_PEERS"),
      },
      args: [SOFTWARE_GPU],
    });
    return new Host(page);
  }

  /** Opens contenders; gives those that can take part. */
  async open(names: readonly Name[]): Promise<Name[]> {
    const there: Name[] = [];
    for (const name of names) {
      const why = await this.#call("open", name);
      if (why === null) there.push(name);
      else this.absent.set(name, why);
    }
    return there;
  }

  tokenize(texts: string[]): Promise<number[][]> {
    return this.#call("tokenize", texts);
  }

  prepare(names: Name[], work: Work, warmUp = WARM_UP): Promise<void> {
    return this.#call("prepare", names, work, warmUp);
  }

  round(names: Name[]): Promise<number[]> {
    return this.#call("round", names);
  }

  async vectors(name: Name, work: Work): Promise<Float32Array[]> {
    const bytes = Buffer.from(await this.#call("vectors", name, work), "base64");
    return rows(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
  }

  hash(texts: string[]): Promise<number> {
    return this.#call("hash", texts);
  }

  browser(): Promise<string> {
    return this.#page.version();
  }

  close(): Promise<void> {
    return this.#page.close();
  }

  #call<Method extends keyof Bench>(
    method: Method,
    ...args: Parameters<Bench[Method]>
  ): Promise<Awaited<ReturnType<Bench[Method]>>> {
    return this.#page.page.evaluate(
      async (name, values) => {
        const { bench } = globalThis as unknown as { bench: Record<string, (...args: unknown[]) => unknown> };
        return bench[name]?.(...values);
      },
      method,
      args as unknown[],
    ) as Promise<Awaited<ReturnType<Bench[Method]>>>;
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run ./build.sh bench embed`);
  return value;
}
