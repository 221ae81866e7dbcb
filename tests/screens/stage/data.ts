// What the background answers in the pictures. Pages and sites are made up.

import type { Hit, PageStatus, Results, Row, State, Why } from "../../../messages/messages.ts";
import { NOW } from "./world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type StateAnswer = State & { type: "state" };

/** The state of someone who has used it for some months. */
export function state(change: Partial<State> = {}, settings: Partial<State["settings"]> = {}): StateAnswer {
  return {
    type: "state",
    settings: {
      consent: true,
      paused: false,
      pausedUntil: null,
      manual: false,
      level: "full",
      sites: [],
      honourNoarchive: false,
      forgetAgedOut: false,
      keepDays: null,
      keepMegabytes: null,
      backend: "auto",
      allowSoftwareGpu: false,
      ...settings,
    },
    model: "all-MiniLM-L6-v2",
    space: "all-MiniLM-L6-v2@1110a243",
    dims: 384,
    chain: [
      {
        backend: "webGpu",
        available: false,
        code: "no_adapter",
        detail: "This machine offers no graphics adapter to the browser.",
        queryMs: null,
        bulkMs: null,
      },
      { backend: "cpu", available: true, code: "ready", detail: "Ready.", queryMs: 8.3, bulkMs: 219 },
      { backend: "hash", available: true, code: "ready", detail: "Ready.", queryMs: 0.2, bulkMs: 1.6 },
    ],
    queryChoice: { backend: "cpu", reason: "It is the fastest of those that know meaning." },
    bulkChoice: { backend: "cpu", reason: "It is the only one that can and knows meaning." },
    problem: null,
    paused: settings.paused === true || settings.pausedUntil != null,
    pages: 4_213,
    passages: 48_120,
    queued: 0,
    unembedded: 0,
    sparing: false,
    backfill: { phase: "none", added: 0, leftOut: 0, reached: null, removable: false },
    storedBytes: 61_400_000,
    modelBytes: 22_900_000,
    version: "0.1.0",
    ...change,
  };
}

/** Nothing read yet. */
export const FRESH = { pages: 0, passages: 0, storedBytes: 0 } as const;

type Told = Partial<Omit<Hit, "snippet">> & { title: string; site: string; why: Why; passage: string };

/** A hit; in its passage, what stands in [brackets] is marked. */
export function hit(at: number, { passage, ...told }: Told): Hit {
  return {
    page: told.site.replaceAll(".", "-"),
    url: `https://${told.site}/${at}`,
    lastSeen: NOW - at * 31 * HOUR - 20 * 60_000,
    visits: 1 + (at % 3),
    snippet: passage
      .split(/[[\]]/)
      .map((text, part) => ({ text, marked: part % 2 === 1 }))
      .filter(({ text }) => text !== ""),
    score: 1 / (at + 1),
    cosine: told.why === "words" ? null : 0.62,
    bm25: told.why === "meaning" ? null : 9,
    alike: 0,
    language: "en",
    unknownLanguage: null,
    pinned: false,
    ...told,
  };
}

export function results(hits: Hit[], change: Partial<Results> = {}): Results & { type: "results" } {
  return {
    type: "results",
    hits,
    backend: "cpu",
    embedMs: 8.1,
    searchMs: 3.4,
    unknownPage: false,
    ...change,
  };
}

/** Of every kind one. */
export const HITS: Hit[] = [
  hit(0, {
    title: "How to keep a sourdough starter alive",
    site: "slowloaf.example",
    why: "both",
    passage:
      "Feed the [starter] once a week with equal parts of flour and water, and keep the [jar] in the fridge; a grey liquid on top only means that it is hungry.",
  }),
  hit(1, {
    title: "What wild yeast wants",
    site: "fermentation.example",
    why: "meaning",
    passage:
      "Cold slows the culture down without killing it. Bring it back to room temperature a day before baking, and let it double twice.",
    pinned: true,
  }),
  hit(2, {
    title: "Sauerteig richtig füttern",
    site: "backstube.example",
    why: "words",
    passage: "Der [Starter] bleibt im Glas. Einmal in der Woche wird er mit Mehl und Wasser gefüttert.",
    language: "de",
    unknownLanguage: "de",
  }),
  hit(3, {
    title: "Rye bread in one afternoon",
    site: "breadnotes.example",
    why: "both",
    passage: "Take two spoons of [starter] out of the [jar] and leave the rest for the next time.",
    alike: 2,
  }),
  hit(9, {
    title: "Kitchen scales compared",
    site: "scales.example",
    why: "meaning",
    passage: "For baking, one gram of resolution is enough; for yeast, a tenth is better.",
  }),
];

/** As many as that: a question that a whole library answers. */
export function manyHits(count: number): Hit[] {
  return Array.from({ length: count }, (_, at) => {
    const like = HITS[at % HITS.length];
    if (!like) throw new Error("there is no hit to copy");
    return { ...like, page: `m${at}`, title: `${like.title} (${at + 1})`, lastSeen: NOW - at * 7 * HOUR };
  });
}

export const LONG_TITLE: Hit[] = [
  hit(0, {
    title: `${"An exhaustive and at times exhausting treatise on the keeping of starters, ".repeat(4)}second edition`,
    site: "a.very.long.host.name.that.somebody.registered.for.fun.and.never.gave.up.example",
    why: "both",
    passage: `The [starter] was named ${"Donaudampfschifffahrtsgesellschaftskapitän".repeat(5)} by its owner.`,
    alike: 12,
    unknownLanguage: "de",
    pinned: true,
  }),
  hit(1, {
    title: "https://unbroken.example/a/path/without/a/single/space/".padEnd(220, "x"),
    site: "unbroken.example",
    why: "words",
    passage: `[starter] ${"https://unbroken.example/path/".repeat(8)}`,
  }),
  hit(2, { title: "?", site: "x.example", why: "words", passage: "[starter]" }),
];

export const RIGHT_TO_LEFT: Hit[] = [
  hit(0, {
    title: "كيف تحافظ على خميرة العجين حيّة",
    site: "khubz.example",
    why: "words",
    passage: "تُغذّى [الخميرة] مرّة في الأسبوع بكميّتين متساويتين من الدقيق والماء، وتُحفظ في الثلاجة.",
    language: "ar",
    unknownLanguage: "ar",
  }),
  hit(1, {
    title: "מחמצת: מדריך קצר (Sourdough, 2026)",
    site: "lechem.example",
    why: "words",
    passage: "את ה[מחמצת] מאכילים פעם בשבוע בקמח ובמים, ושומרים במקרר. The jar stays closed.",
    language: "he",
    unknownLanguage: "he",
  }),
  hit(2, {
    title: "Bread in the Levant: خبز and לחם",
    site: "bread.example",
    why: "both",
    passage: "The same word for [bread] (خبز) is used from Beirut to Baghdad; in Hebrew it is לחם.",
  }),
];

/** Pages of some weeks, the latest first. */
export function rows(count: number, hoursApart = 5): Row[] {
  return Array.from({ length: count }, (_, at) => {
    const like = HITS[at % HITS.length];
    if (!like) throw new Error("there is no page to copy");
    return {
      page: `r${at}`,
      url: `${like.url}/${at}`,
      site: like.site,
      title: at < HITS.length ? like.title : `${like.title}, part ${Math.floor(at / HITS.length) + 1}`,
      firstSeen: NOW - 90 * DAY,
      lastSeen: NOW - 40 * 60_000 - at * hoursApart * HOUR,
      visits: 1,
      passages: 9,
      language: "en",
      pinned: at === 1,
    };
  });
}

/** The page in front and what is known of it. */
export const FRONT = {
  url: "https://slowloaf.example/0",
  title: "How to keep a sourdough starter alive",
};

export function pageStatus(change: Partial<PageStatus> = {}): PageStatus & { type: "page" } {
  return {
    type: "page",
    site: "slowloaf.example",
    page: null,
    queued: false,
    skip: null,
    level: "full",
    rule: null,
    changeable: true,
    ...change,
  };
}
