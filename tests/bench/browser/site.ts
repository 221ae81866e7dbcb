// A web server on loopback that shows folders and generated files to a benchmark's page.
//
// The page is cross-origin isolated: its clock then ticks every 5 µs instead of every 100.

import { createReadStream, statSync } from "node:fs";
import http from "node:http";
import path from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What is served. */
export interface Contents {
  /** Folders, by the first part of the path: `/peers/a/b.js` is `a/b.js` in `folders.peers`. */
  folders: Record<string, string>;
  /** Whole files, by path. */
  files: Record<string, string>;
}

/** A running server. */
export class Site {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly origin: string;
  readonly #server: http.Server;

  private constructor(server: http.Server, port: number) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start(contents: Contents): Promise<Site> {
    const server = http.createServer((request, response) => {
      const where = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
      const head = {
        "content-type": TYPES[path.extname(where)] ?? "application/octet-stream",
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      };
      const whole = contents.files[where];
      const file = whole === undefined ? find(contents.folders, where) : undefined;
      if (whole !== undefined) response.writeHead(200, head).end(whole);
      else if (file === undefined) response.writeHead(404).end();
      else {
        response.writeHead(200, { ...head, "content-length": file.bytes });
        if (request.method === "HEAD") response.end();
        else createReadStream(file.path).pipe(response);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    return new Site(server, address.port);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function find(folders: Contents["folders"], where: string): { path: string; bytes: number } | undefined {
  const [, first = "", ...rest] = where.split("/");
  const folder = folders[first];
  if (folder === undefined || rest.includes("..")) return undefined;
  const file = path.join(folder, ...rest);
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? { path: file, bytes: found.size } : undefined;
}
