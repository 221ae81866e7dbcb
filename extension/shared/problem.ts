// What went wrong, in the place that each page has for it.

/** The words of anything that was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Shows a problem in its place; `null`: there is none. */
export function showProblem(place: HTMLElement, what: string | null): void {
  place.hidden = !what;
  // The same words again would be read aloud again.
  if (place.textContent !== what) place.textContent = what ?? "";
}
