/**
 * The content script: decides when a page is worth reading and sends its text to the background.
 *
 * Top frame only. When the page was in sight for three seconds, its address is offered; only if the
 * background wants it is the text extracted. The page is read again when its address changes without a load,
 * and when it is left (hidden) having been empty or having grown by half since.
 *
 * The page must not feel any of this: no change to its DOM, no frequent events, no layout of large parts, no
 * MutationObserver over the whole tree (which a busy page would fire thousands of times).
 */

import type { Offer } from "../messages/messages.ts";
import { isBatteryLow } from "./battery.ts";
import { ask, FAILED, GONE } from "./browser.ts";
import { extractText } from "./extract.ts";
import { visibleFields } from "./fields.ts";
import { inSlices } from "./idle.ts";
import { asksNoArchive, readMetadata } from "./metadata.ts";
import { addressKey, watchNavigation } from "./navigation.ts";
import { type Survey, surveyPage } from "./survey.ts";
import { visibleFor } from "./visible.ts";

/** What is in sight for less than this, ms, was passed through rather than read. */
const VISIBLE_MS = 3_000;
/** How many times larger a page must have become to be read again under the same address. */
const GROWTH = 1.5;
const READABLE = new Set(["text/html", "application/xhtml+xml", "text/plain", "text/markdown"]);
/**
 * Where this script's own world, which the page cannot see, keeps the life of the script injected last. The
 * background injects it again when it may read at last, or after an update: what runs already was told "no", or
 * may be an orphan that nobody hears, so the new life ends it and begins anew.
 */
const LIFE = Symbol.for("afterimage");
/** Set there just before an injection by who wants this page read at once (extension/shared/browser.ts). */
const NOW = Symbol.for("afterimage.now");

/** One address being read; a new address is a new reading. */
interface Reading {
  key: string;
  stop: AbortController;
  /** `waiting` for three seconds in sight, `busy` reading, `unwanted` by the background. */
  state: "waiting" | "busy" | "empty" | "unwanted" | "captured";
  /** The page's size when it was read. */
  elements: number;
  /** What was sent last. */
  text: string;
  /** The page was left while it was being read, perhaps before its text had come. */
  left: boolean;
}

function start(life: AbortController, wait: number): void {
  let reading = newReading();

  function newReading(): Reading {
    return {
      key: addressKey(location.href),
      stop: new AbortController(),
      state: "waiting",
      elements: 0,
      text: "",
      left: false,
    };
  }

  function run(wait: number): void {
    const current = reading;
    read(current, wait)
      .then((going) => {
        if (!going) life.abort();
        else if (current.left && current === reading) look();
      })
      .catch(() => {
        // Aborted by a newer reading, or the page broke under us: neither is anyone's concern.
        if (current.state === "waiting" || current.state === "busy") current.state = "empty";
      });
  }

  function worthAnotherLook(): boolean {
    if (reading.state === "empty") return true;
    return (
      reading.state === "captured" && document.getElementsByTagName("*").length > reading.elements * GROWTH
    );
  }

  /** Reads once more what was left, without another wait. */
  function look(): void {
    reading.left = reading.state === "busy";
    if (worthAnotherLook()) run(0);
  }

  watchNavigation(() => {
    if (addressKey(location.href) !== reading.key) {
      reading.stop.abort();
      reading = newReading();
      run(VISIBLE_MS);
    } else if (worthAnotherLook()) {
      run(VISIBLE_MS);
    }
  }, life.signal);
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") look();
    },
    { signal: life.signal },
  );
  life.signal.addEventListener("abort", () => reading.stop.abort());
  run(wait);
}

/** Reads one address. Resolves with `false` when there is nobody left to send anything to. */
async function read(reading: Reading, wait: number): Promise<boolean> {
  const signal = reading.stop.signal;
  reading.state = "waiting";
  if (wait > 0) await visibleFor(wait, signal);
  reading.state = "busy";

  const survey = await inSlices(surveyPage(document), signal);
  const lowBattery = await isBatteryLow();
  const wanted = await ask({ type: "offer", ...makeOffer(survey, lowBattery) });
  if (wanted === GONE) return false;
  signal.throwIfAborted();
  if (wanted === FAILED || wanted.type !== "wanted") {
    reading.state = "empty";
    return true;
  }
  if (wanted.skip !== null) {
    reading.state = "unwanted";
    return true;
  }

  const onlyTitle = wanted.level === "title";
  const text = onlyTitle ? "" : await extractText(document, signal);
  reading.elements = document.getElementsByTagName("*").length;
  if (!onlyTitle && (text === "" || text === reading.text)) {
    reading.state = text === "" ? "empty" : "captured";
    return true;
  }
  // Asked once more: a login form may have opened in the meantime.
  const offer = makeOffer(survey, lowBattery);
  const captured = await ask({ type: "capture", offer, ...readMetadata(document), text });
  if (captured === GONE) return false;
  reading.state = captured === FAILED ? "empty" : "captured";
  if (captured !== FAILED) reading.text = text;
  return true;
}

function makeOffer({ roots }: Survey, lowBattery: boolean | null): Offer {
  return { url: location.href, ...visibleFields(roots), noarchive: asksNoArchive(document), lowBattery };
}

if (window.top === window && READABLE.has(document.contentType)) {
  const world = globalThis as { [LIFE]?: AbortController; [NOW]?: boolean };
  world[LIFE]?.abort();
  world[LIFE] = new AbortController();
  start(world[LIFE], world[NOW] === true ? 0 : VISIBLE_MS);
  delete world[NOW];
}
