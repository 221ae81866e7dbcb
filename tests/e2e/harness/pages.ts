// A page server on loopback. Every page has a host name of its own under .test, as real sites do, and the
// browser is told to look there for all of them.
//
// Real pages are served with a policy that loads and runs nothing: they are texts to be read here, their
// scripts would only call homes that must not be reached, and a run must be the same each time. The content
// script of an extension is not subject to that policy. Our own pages may run their own scripts.

import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { bigPage, oneWordPage } from "./generated.ts";
import { OWN_PAGES, REAL_PAGES } from "./paths.ts";

const NOTHING_LOADED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/** Eight of the real pages hold a login form that their own style sheet, not served here, keeps hidden. */
const HIDDEN_LOGIN = "<style>input[type=password] { display: none }</style>";
const OWN_SCRIPTS_ONLY = "default-src 'self' 'unsafe-inline' data:";

/** The address of a real page. */
export function realUrl(folder: string): string {
  return `http://${hostOf(folder)}/`;
}

/** The address of one of our own pages, or of an article of ours. */
export function ownUrl(name: string): string {
  return `http://${name}.own.test/`;
}

function hostOf(folder: string): string {
  return `${folder.toLowerCase().replace(/[^a-z0-9-]/g, "-")}.test`;
}

/** The server. */
export class PageServer {
  /** Its port on loopback. */
  readonly port: number;
  readonly #server: http.Server;
  readonly #overrides: Map<string, string>;

  private constructor(server: http.Server, port: number, overrides: Map<string, string>) {
    this.#server = server;
    this.port = port;
    this.#overrides = overrides;
  }

  /** Starts it on a free port. */
  static async start(): Promise<PageServer> {
    const overrides = new Map<string, string>();
    const server = http.createServer((request, response) => {
      const host = (request.headers.host ?? "").replace(/:\d+$/, "");
      const where = new URL(request.url ?? "/", `http://${host}`);
      const page = overrides.get(host + where.pathname) ?? find(host, where.pathname);
      const policy = host.endsWith(".own.test") ? OWN_SCRIPTS_ONLY : NOTHING_LOADED;
      response.writeHead(page === null ? 404 : 200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "cache-control": "no-store",
      });
      response.end(page ?? "");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the page server has no port");
    return new PageServer(server, address.port, overrides);
  }

  /** From now on, `url` is this HTML: how a test changes a page between two visits. */
  set(url: string, html: string): void {
    const { host, pathname } = new URL(url);
    this.#overrides.set(host + pathname, html);
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The HTML of a page, or `null` where there is none. */
function find(host: string, pathname: string): string | null {
  if (pathname.endsWith(".ico")) return null;
  const own = host.match(/^([a-z0-9-]+)\.own\.test$/)?.[1];
  if (own === "big") return bigPage();
  if (own === "one-word") return oneWordPage();
  if (own !== undefined) {
    const inner = pathname === "/frame" ? `${own}-frame` : own;
    return (
      read(path.join(OWN_PAGES, `${inner}.html`)) ?? read(path.join(OWN_PAGES, "articles", `${inner}.html`))
    );
  }
  const folder = host.match(/^([a-z0-9-]+)\.test$/)?.[1];
  if (folder === undefined || REAL_PAGES === null || pathname !== "/") return null;
  const html = read(path.join(REAL_PAGES, folder, "source.html"));
  return html === null ? null : html + HIDDEN_LOGIN;
}

function read(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
