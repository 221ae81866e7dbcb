// The days of a timeline, out of the moments at which pages were last seen.

/** A day and its pages. */
export interface Day {
  /** Its midnight, and that of the next day. */
  from: number;
  to: number;
  /** Its first page, by its number in the whole list, and how many it has. */
  first: number;
  pages: number;
}

/** The days of these moments, which are the latest first; each day's midnights are those of this place. */
export function daysOf(seen: readonly number[]): Day[] {
  const days: Day[] = [];
  let day: Day | undefined;
  for (const [index, moment] of seen.entries()) {
    if (!day || moment < day.from) {
      const date = new Date(moment);
      const midnight = (offset: number): number =>
        new Date(date.getFullYear(), date.getMonth(), date.getDate() + offset).getTime();
      day = { from: midnight(0), to: midnight(1), first: index, pages: 0 };
      days.push(day);
    }
    day.pages += 1;
  }
  return days;
}
