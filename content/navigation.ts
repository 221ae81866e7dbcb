/**
 * Address changes without a page load, as single-page applications make them.
 *
 * The Navigation API reports them inside the content script's own world, with the new title already set, and
 * needs no permission (`webNavigation` would add a warning at installation). Firefox has it since 147; before
 * that the address is compared every two seconds while the page is in sight.
 */

const POLL_MS = 2_000;

/**
 * What of an address tells two pages apart: a fragment is a place in a page, except where an application
 * routes by it (`#/…`, `#!…`).
 */
export function addressKey(href: string): string {
  const at = href.indexOf("#");
  return at < 0 || /^#[/!]/.test(href.slice(at)) ? href : href.slice(0, at);
}

/** Calls `onNavigated` after each navigation within the document, until `signal` is aborted. */
export function watchNavigation(onNavigated: () => void, signal: AbortSignal): void {
  if ("navigation" in window) {
    window.navigation.addEventListener("navigatesuccess", onNavigated, { signal });
    return;
  }
  let known = location.href;
  const timer = setInterval(() => {
    if (document.visibilityState !== "visible" || location.href === known) return;
    known = location.href;
    onNavigated();
  }, POLL_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
