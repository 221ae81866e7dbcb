// Numbers and moments as people read them, in their language.

import type { Backend } from "../../messages/messages.ts";
import { language } from "./browser.ts";
import { type MessageKey, text } from "./strings.ts";

const MINUTE = 60_000;
/** Units of relative time with their length in ms, longest first. */
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 24 * 60 * MINUTE],
  ["month", 30 * 24 * 60 * MINUTE],
  ["week", 7 * 24 * 60 * MINUTE],
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

const relative = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(language(), { dateStyle: "full", timeStyle: "short" });

/** "2 days ago", "yesterday"; `time` in ms since the epoch. */
export function ago(time: number, now = Date.now()): string {
  const distance = Math.min(0, time - now);
  for (const [unit, length] of UNITS) {
    if (-distance >= length) return relative.format(Math.ceil(distance / length), unit);
  }
  return text("justNow");
}

const date = new Intl.DateTimeFormat(language(), { dateStyle: "long" });

/** A date. */
export function day(time: number): string {
  return date.format(time);
}

/** Date and time in full. */
export function moment(time: number): string {
  return absolute.format(time);
}

/** "1.4 MB"; steps of 1000, as browsers and file managers show sizes. */
export function bytes(count: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: step > 0 ? 1 : 0,
  }).format(count / 1000 ** step);
}

const exact = new Intl.NumberFormat(language(), { style: "unit", unit: "byte", unitDisplay: "long" });

/** "133,466,304 bytes": where two sizes that differ must not look alike. */
export function fileSize(count: number): string {
  return exact.format(count);
}

/** "12 ms"; below ten with two digits that count. */
export function milliseconds(ms: number): string {
  const digits = ms < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 };
  return text("milliseconds", new Intl.NumberFormat(language(), digits).format(ms));
}

const BACKENDS: Record<Backend, MessageKey> = {
  webGpu: "backendWebGpu",
  cpu: "backendCpu",
  hash: "backendHash",
};

/** An embedder's short name. */
export function backendName(backend: Backend): string {
  return text(BACKENDS[backend]);
}

/** The midnight with which the day began that was `days` before today. */
export function daysAgo(days: number, now = new Date()): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
}

const sameDay = new Intl.DateTimeFormat(language(), { timeStyle: "short" });
const otherDay = new Intl.DateTimeFormat(language(), {
  weekday: "short",
  hour: "numeric",
  minute: "numeric",
});

/** A time soon to come: "14:30", or "Tue 06:00" on another day. */
export function clock(time: number): string {
  const format = time < daysAgo(-1) ? sameDay : otherDay;
  return format.format(time);
}

/** The time of day at which something was. */
export function timeOfDay(time: number): string {
  return sameDay.format(time);
}

const thisYear = new Intl.DateTimeFormat(language(), { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(language(), { day: "numeric", month: "long", year: "numeric" });

/** "today", "yesterday", "Monday, 3 March", "3 March 2024"; `midnight` begins the day. */
export function dayName(midnight: number): string {
  if (midnight >= daysAgo(0)) return relative.format(0, "day");
  if (midnight >= daysAgo(1)) return relative.format(-1, "day");
  const sameYear = new Date(midnight).getFullYear() === new Date().getFullYear();
  return (sameYear ? thisYear : otherYear).format(midnight);
}

/** The name of a language, given as a BCP 47 tag; the tag itself where it has none. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([language()], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
