// Waiting for what another process does: polling with a deadline and a sentence that says what was missed.

/** Multiplies every deadline, for a machine that is busy with other things. */
export const PATIENCE = Number(process.env.AFTERIMAGE_PATIENCE ?? 2);

/** Asks `probe` until it answers with something other than `undefined`, `null` or `false`. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false>,
  seconds = 30,
  pauseMs = 100,
): Promise<T> {
  const end = Date.now() + seconds * 1000 * PATIENCE;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() >= end) throw new Error(`waited ${seconds * PATIENCE} s in vain until ${what}`);
    await sleep(pauseMs);
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
