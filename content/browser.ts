/**
 * The content script's only contact with the browser's extension API.
 *
 * A background worker that is just being started or just dying loses messages in two known ways; both are
 * cured by asking once more. After an update of the extension this script is an orphan: nobody will ever
 * hear it again, so it must fall silent.
 */

import { type Reply, type Request, type Response, VERSION } from "../messages/messages.ts";

/** Nobody will answer any more: the extension was updated, disabled or removed. */
export const GONE = "gone";
/** No answer this time, or an error; a later attempt may succeed. */
export const FAILED = "failed";

const LOST_MESSAGE = /Receiving end does not exist|message (channel|port) closed/i;
const ORPHANED = /Extension context invalidated/i;

/** Sends one request to the background. Never throws. */
export async function ask(request: Request): Promise<Response | typeof FAILED | typeof GONE> {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      // An orphan has no id, and in some versions not even a `runtime`.
      if (chrome.runtime?.id === undefined) return GONE;
      const reply: Reply | undefined = await chrome.runtime.sendMessage({ v: VERSION, request });
      return reply !== undefined && "ok" in reply ? reply.ok : FAILED;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (ORPHANED.test(message)) return GONE;
      if (!LOST_MESSAGE.test(message)) return FAILED;
    }
  }
  return FAILED;
}
