// When a pause that ends by itself ends.

const HOUR = 60 * 60_000;
/** When tomorrow begins for somebody who is still awake at midnight. */
const MORNING = 6;

/** In an hour, or tomorrow in the morning, by the clock on the wall. */
export function pauseEnd(length: "hour" | "tomorrow"): number {
  if (length === "hour") return Date.now() + HOUR;
  const morning = new Date();
  if (morning.getHours() >= MORNING) morning.setDate(morning.getDate() + 1);
  return morning.setHours(MORNING, 0, 0, 0);
}
