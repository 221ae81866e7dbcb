/** The tasks of a page's main thread, out of the browser's trace. */

import type { Page } from "puppeteer-core";

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** When it began, µs. */
  ts: number;
  /** Processor time, µs: other programs on the machine do not count. */
  tdur?: number;
  /** By the clock, µs. */
  dur?: number;
  args?: { name?: string; data?: { frames?: { url: string; processId: number }[] } };
}

/** A task. */
export interface Task {
  /** Processor time, ms. */
  ms: number;
  /** The events in it, such as `FireIdleCallback`. */
  events: Set<string>;
}

export async function startTrace(page: Page): Promise<void> {
  await page.tracing.start({ categories: ["disabled-by-default-devtools.timeline", "devtools.timeline"] });
}

/** The tasks of the page at `url` since the trace began; the page must be the one that is traced. */
export async function stopTrace(page: Page, url: string): Promise<Task[]> {
  const trace = await page.tracing.stop();
  const { traceEvents } = JSON.parse(Buffer.from(trace ?? []).toString()) as { traceEvents: TraceEvent[] };
  // Of this page's process only: Chromium also starts spare ones, which are busy with themselves.
  const frames = traceEvents.flatMap(({ args }) => args?.data?.frames ?? []);
  const process = frames.find((frame) => frame.url === url)?.processId;
  const main = traceEvents.find(({ pid, args }) => pid === process && args?.name === "CrRendererMain");
  const events = traceEvents.filter(({ pid, tid }) => pid === main?.pid && tid === main?.tid);
  const tasks = events.filter(({ name }) => name === "RunTask").sort((a, b) => a.ts - b.ts);
  const found = tasks.map(({ tdur = 0 }): Task => ({ ms: tdur / 1000, events: new Set() }));
  for (const { name, ts } of events) {
    // The last task that began before it.
    const at = tasks.findLastIndex((task) => task.ts <= ts);
    const task = tasks[at];
    if (task && name !== "RunTask" && ts <= task.ts + (task.dur ?? 0)) found[at]?.events.add(name);
  }
  return found;
}
