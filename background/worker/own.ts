// Questions of the worker itself, asked as one of the extension's pages would.

import { type Reply, type Request, type Response, VERSION } from "../../messages/messages.ts";
import type { Background } from "./rust.ts";

/** The answer, or null where there is none: what the worker asks for itself is never worth an error. */
export async function askOwn<T extends Response["type"]>(
  ready: () => Promise<Pick<Background, "handle">>,
  request: Request,
  type: T,
): Promise<Extract<Response, { type: T }> | null> {
  try {
    const reply: Reply = await (await ready()).handle({ v: VERSION, request });
    return "ok" in reply && reply.ok.type === type ? (reply.ok as Extract<Response, { type: T }>) : null;
  } catch {
    return null;
  }
}
