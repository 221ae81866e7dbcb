/**
 * How long a page has been in sight. A tab opened in the background is not read until it is looked at.
 */

/** Resolves when the page was visible for `ms` in all, from now on. Rejects when `signal` is aborted. */
export function visibleFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = ms;
    let since = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const pause = () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      left -= performance.now() - since;
    };
    const onChange = () => {
      pause();
      if (document.visibilityState !== "visible") return;
      since = performance.now();
      timer = setTimeout(() => {
        finish();
        resolve();
      }, left);
    };
    const finish = () => {
      document.removeEventListener("visibilitychange", onChange);
      signal.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      pause();
      finish();
      reject(signal.reason);
    };

    if (signal.aborted) return reject(signal.reason);
    document.addEventListener("visibilitychange", onChange);
    signal.addEventListener("abort", onAbort);
    onChange();
  });
}
