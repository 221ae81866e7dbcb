/**
 * Work in small slices of the page's idle time, so that the page never feels us.
 *
 * Work is a generator that yields often (after well under a millisecond); a slice runs it until its time is
 * up. A slice is far shorter than the 50 ms from which on a task is felt: one step may be slower than hoped.
 */

/** The longest slice, ms. */
const SLICE_MS = 10;
/** A page that is never idle gets a slice after this time nevertheless, ms. */
const PATIENCE_MS = 2_000;

/** A piece of work that can be interrupted at every `yield`. */
export type Steps<T> = Generator<void, T, void>;

/** Waits for idle time. Resolves, inside an idle task, with the moment (`performance.now()`) to stop at. */
export function nextSlice(signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    requestIdleCallback(
      (deadline) => {
        if (signal.aborted) return reject(signal.reason);
        const left = deadline.didTimeout ? SLICE_MS : Math.min(deadline.timeRemaining(), SLICE_MS);
        resolve(performance.now() + left);
      },
      { timeout: PATIENCE_MS },
    );
  });
}

/** Runs `steps` to their end, slice by slice. Rejects when `signal` is aborted. */
export async function inSlices<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let end = await nextSlice(signal);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() >= end) end = await nextSlice(signal);
  }
}
