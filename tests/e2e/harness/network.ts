// Counts what left, from Chromium's own network log.
//
// The log is written by the network service, below everything an extension or a page could do, and holds
// every URL request with its initiator and every socket. Two counts matter: requests that the extension
// started, wherever they were meant to go, and connections to anywhere but loopback, whoever wanted them.
// The rejected alternative, CDP's Network domain on the worker, misses what a worker does before a debugger
// is attached to it again after its death, and a debugger keeps a worker alive that should fall asleep.

import { readFile } from "node:fs/promises";

/** What a run of the browser did to the network. */
export interface Traffic {
  /** Requests whose initiator is an extension, `METHOD URL`. */
  fromExtension: string[];
  /** Addresses other than loopback to which a connection was tried or a datagram sent. */
  outside: string[];
  /** How many requests there were in all, to know that the log was kept. */
  requests: number;
}

interface LogEvent {
  type: number;
  source: { id: number };
  params?: { method?: string; url?: string; initiator?: string; address?: string; byte_count?: number };
}

/** Reads the log of a browser that has ended. */
export async function readTraffic(file: string): Promise<Traffic> {
  const text = await readFile(file, "utf8");
  const log: { constants: { logEventTypes: Record<string, number> }; events: LogEvent[] } = parse(text);
  const types = log.constants.logEventTypes;
  const fromExtension = new Map<number, string>();
  const requests = new Set<number>();
  const outside: string[] = [];
  // A datagram socket is connected to learn which route would be taken: only bytes sent count.
  const datagrams = new Map<number, string>();
  for (const { type, source, params } of log.events) {
    if (type === types.URL_REQUEST_START_JOB && params?.url !== undefined) {
      requests.add(source.id);
      if (params.initiator?.startsWith("chrome-extension://"))
        fromExtension.set(source.id, `${params.method} ${params.url}`);
    } else if (type === types.TCP_CONNECT_ATTEMPT && params?.address !== undefined) {
      if (!isLoopback(params.address)) outside.push(`tcp ${params.address}`);
    } else if (type === types.UDP_CONNECT && params?.address !== undefined) {
      datagrams.set(source.id, params.address);
    } else if (type === types.UDP_BYTES_SENT) {
      const address = params?.address ?? datagrams.get(source.id) ?? "unknown";
      if (!isLoopback(address)) outside.push(`udp ${address}`);
    }
  }
  return { fromExtension: [...fromExtension.values()], outside, requests: requests.size };
}

/** A browser that was killed leaves the log without its end. */
function parse(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(`${text.slice(0, text.lastIndexOf("\n")).replace(/,\s*$/, "")}]}`);
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address.startsWith("[::1]");
}
