// Plays the hub that models come from: huggingface.co, which redirects, and the host that it redirects to, with ranges.
// Its certificate is made here, and the browser is told to accept just that one; so what is tested is the extension's own
// policy for connections, which names the real hosts.

import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { sleep } from "./until.ts";

export const HUB = "huggingface.co";
const STORAGE = "cdn-lfs.hf.co";
/** Written at once. */
const CHUNK = 128 * 1024;

/** How the hub misbehaves. */
export interface Manners {
  /** Statuses to answer the next requests with, in place of files. */
  statuses: number[];
  /** Where it redirects to. */
  storage: string;
  /** Give whole files, whatever range is asked for. */
  ignoreRanges: boolean;
  /** Give so many bytes a second. */
  bytesPerSecond: number;
  /** Close the next connections after so many bytes each. */
  cutAfter: number[];
  /** Hold back everything after so many bytes of an answer. */
  stallAfter: number;
  /** Change the byte in the middle. */
  spoil: boolean;
  /** Give so many bytes more than there are. */
  longer: number;
}

const GOOD: Manners = {
  statuses: [],
  storage: STORAGE,
  ignoreRanges: false,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  cutAfter: [],
  stallAfter: Number.POSITIVE_INFINITY,
  spoil: false,
  longer: 0,
};

/** A request that came. */
export interface Asked {
  host: string;
  path: string;
  range: string | null;
  cookie: string | null;
  referer: string | null;
  /** Bytes of the body that were given. */
  given: number;
}

export class FakeHub {
  manners: Manners = { ...GOOD };
  /** All requests, in their order. */
  asked: Asked[] = [];
  /** By path. */
  readonly files = new Map<string, Buffer>();
  readonly #server: https.Server;
  readonly #certificate: Buffer;

  private constructor(server: https.Server, certificate: Buffer) {
    this.#server = server;
    this.#certificate = certificate;
  }

  static async start(): Promise<FakeHub> {
    const { key, cert } = await certificate();
    const server = https.createServer({ key, cert });
    const hub = new FakeHub(server, cert);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      hub.#answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return hub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What names the hosts' certificate to the browser. */
  get fingerprint(): string {
    const { publicKey } = new X509Certificate(this.#certificate);
    return createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64");
  }

  /** Behaves, apart from this. */
  behave(manners: Partial<Manners> = {}): void {
    this.manners = { ...GOOD, ...manners };
    this.asked = [];
  }

  /** How much of all files was given. */
  get given(): number {
    return this.asked.reduce((sum, { given }) => sum + given, 0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    const where = request.url ?? "/";
    const asked: Asked = {
      host,
      path: where,
      range: request.headers.range ?? null,
      cookie: request.headers.cookie ?? null,
      referer: request.headers.referer ?? null,
      given: 0,
    };
    this.asked.push(asked);
    if (host === HUB) {
      const status = this.manners.statuses.shift();
      if (status !== undefined) response.writeHead(status).end("no");
      else response.writeHead(302, { location: `https://${this.manners.storage}${where}` }).end();
      return;
    }
    const file = this.files.get(where);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    await this.#give(file, asked, response);
  }

  async #give(file: Buffer, asked: Asked, response: ServerResponse): Promise<void> {
    const { ignoreRanges, longer, spoil, stallAfter } = this.manners;
    const cutAfter = this.manners.cutAfter.shift() ?? Number.POSITIVE_INFINITY;
    const whole = longer > 0 ? Buffer.concat([file, Buffer.alloc(longer)]) : spoil ? spoiled(file) : file;
    const from = ignoreRanges ? 0 : Number(asked.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const body = whole.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": body.length,
      "accept-ranges": "bytes",
      ...(from > 0 ? { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}),
    });
    for (let at = 0; at < body.length; at += CHUNK) {
      if (at >= cutAfter) {
        response.destroy();
        return;
      }
      while (at >= stallAfter && !response.destroyed) await sleep(50);
      if (response.destroyed) return;
      const part = body.subarray(at, at + CHUNK);
      asked.given += part.length;
      if (!response.write(part)) await drained(response);
      if (this.manners.bytesPerSecond !== Number.POSITIVE_INFINITY)
        await sleep((part.length / this.manners.bytesPerSecond) * 1000);
    }
    response.end();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

function spoiled(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

/** A key and a certificate for the hub's names, for a day. */
async function certificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "afterimage-hub-"));
  try {
    const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
    const names = `subjectAltName=DNS:${HUB},DNS:*.hf.co,DNS:*.test`;
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "1", "-subj", `/CN=${HUB}`, "-addext", names],
    ]);
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
