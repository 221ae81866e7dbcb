// Asking the background when it is there, dies on the way, or is not there at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AskError, ask } from "../../extension/shared/browser.ts";

/** Stands in for the browser's side of a message: one outcome for each attempt, the last one repeated. */
function background(...outcomes: (() => unknown)[]): unknown[] {
  const sent: unknown[] = [];
  const sendMessage = async (message: unknown): Promise<unknown> => {
    sent.push(message);
    return outcomes[Math.min(sent.length, outcomes.length) - 1]?.();
  };
  Object.assign(globalThis, {
    chrome: {
      runtime: { sendMessage },
      i18n: {
        getMessage: (key: string, [said]: string[] = []) => (said === undefined ? key : `${key}: ${said}`),
      },
    },
  });
  return sent;
}

const forgotten = () => ({ ok: { type: "forgotten", pages: 1 } });
const died = () => {
  throw new Error("A listener indicated an asynchronous response, but the message channel closed");
};

test("a request travels in an envelope with the protocol's version", async () => {
  const sent = background(forgotten);
  assert.equal((await ask({ type: "forget", scope: "page", page: "00ff" })).pages, 1);
  assert.deepEqual(sent, [{ v: 2, request: { type: "forget", scope: "page", page: "00ff" } }]);
});

test("a background that died during the question is asked once more", async () => {
  const sent = background(died, forgotten);
  assert.equal((await ask({ type: "forget", scope: "page", page: "00ff" })).pages, 1);
  assert.equal(sent.length, 2);
});

test("a background that dies each time is unreachable, after two attempts", async () => {
  const sent = background(died);
  await assert.rejects(
    ask({ type: "state" }),
    (error) => error instanceof AskError && error.code === "UNREACHABLE",
  );
  assert.equal(sent.length, 2);
});

test("a failure keeps its code and its words, told in the language of the browser, and is not tried again", async () => {
  const sent = background(() => ({ error: { code: "STORE", message: "The disk is full." } }));
  await assert.rejects(
    ask({ type: "state" }),
    (error) =>
      error instanceof AskError &&
      error.code === "STORE" &&
      error.message === "errorStore: The disk is full.",
  );
  assert.equal(sent.length, 1);
});

test("an answer that is no reply is an error, not a result", async () => {
  background(() => 17);
  await assert.rejects(
    ask({ type: "state" }),
    (error) => error instanceof AskError && error.code === "UNREACHABLE",
  );
});
