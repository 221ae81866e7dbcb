// Which words two texts share, for the tests whose claim is that none are shared.
//
// Deliberately crude: folding and cutting common endings makes more words equal than are, which is the safe
// side for such a claim.

const STOP_WORDS = new Set(
  `a about above after again against all also am an and any are as at be because been before being below
  between both but by can cannot could did do does doing down during each else ever every few for from further
  get gets got had has have having he her here hers herself him himself his how i if in into is it its itself
  just like made make makes many may me might more most much must my myself no nor not now of off on once one
  only onto or other our ours ourselves out over own same she should so some somebody someone something such
  than that the their theirs them themselves then there these they this those through to too toward towards
  under until up upon us very was we were what when where which while who whom whose why will with without
  would you your yours yourself yourselves`.split(/\s+/),
);

const ENDINGS: readonly (readonly [string, string])[] = [
  ["ies", "y"],
  ["ing", ""],
  ["edly", ""],
  ["ed", ""],
  ["ly", ""],
  ["ers", ""],
  ["er", ""],
  ["est", ""],
  ["ions", ""],
  ["ion", ""],
  ["ments", ""],
  ["ment", ""],
  ["es", ""],
  ["s", ""],
];

/** The stems of a text's content words. */
export function contentWords(text: string): Set<string> {
  const folded = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const words = folded.match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => word.length > 1 && !STOP_WORDS.has(word)).map(stem));
}

/** What two sets have in common. */
export function shared(a: Set<string>, b: Set<string>): string[] {
  return [...a].filter((word) => b.has(word));
}

function stem(word: string): string {
  let cut = word;
  for (const [ending, instead] of ENDINGS) {
    if (word.endsWith(ending) && word.length - ending.length + instead.length >= 3) {
      cut = word.slice(0, word.length - ending.length) + instead;
      break;
    }
  }
  if (cut.length > 3 && cut.at(-1) === cut.at(-2)) cut = cut.slice(0, -1);
  return cut.length > 3 && /[ey]$/.test(cut) ? cut.slice(0, -1) : cut;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** The text of some HTML, without scripts and styles. */
export function htmlText(html: string): string {
  return html
    .replace(/<(script|style)\b.*?<\/\1\s*>/gis, " ")
    .replace(/<!--.*?-->/gs, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, digits: string) =>
      String.fromCodePoint(Math.min(Number.parseInt(digits, hex === "" ? 10 : 16), 0x10ffff)),
    )
    .replace(/&([a-z]+);/gi, (whole, name: string) => ENTITIES[name.toLowerCase()] ?? whole);
}

/** The title that some HTML gives itself. */
export function htmlTitle(html: string): string {
  return htmlText(html.match(/<title\b[^>]*>(.*?)<\/title>/is)?.[1] ?? "").trim();
}
