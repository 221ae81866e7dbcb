/** A web server on loopback whose pages are given by a function. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server says. */
export interface Answer {
  /** Defaults to `text/html; charset=utf-8`. */
  type?: string;
  body: string | Buffer;
  /** `true`: the page runs no script and loads nothing. */
  inert?: boolean;
}

/** A running server. */
export interface Site {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  origin: string;
  close(): Promise<void>;
}

/** Serves what `page` gives for a path; `undefined` is a 404. */
export async function serve(
  page: (path: string, host: string) => Promise<Answer | undefined> | Answer | undefined,
): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const answer = await page(pathname, request.headers.host ?? "");
    response.statusCode = answer === undefined ? 404 : 200;
    response.setHeader("Content-Type", answer?.type ?? "text/html; charset=utf-8");
    if (answer?.inert) {
      response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    }
    response.end(answer?.body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
