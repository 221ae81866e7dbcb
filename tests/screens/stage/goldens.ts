// Pictures that are kept, and how like them the new ones are.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const GOLDENS = path.resolve("tests/screens/goldens");
/** Where pictures that differ are put, with what differs. */
const DIFFERENT = path.resolve("dist/screens");
/** How far a pixel's colour may be off, of 1; the edges of letters are forgiven besides. */
const PIXEL = 0.1;
/** The share of pixels that may be off: some letters of a small text. */
const SHARE = 0.0005;

/** Shades of a colour that are kept, less one: far finer than what is forgiven. */
const SHADES = 51;

/** New pictures take the place of the old ones. */
export const UPDATING = process.env.UPDATE_SCREENS === "1";

/** Compares a picture with the one that is kept; gives a sentence where it differs. */
export function compare(name: string, taken: Uint8Array): string | null {
  const file = path.join(GOLDENS, `${name}.png`);
  const now = PNG.sync.read(Buffer.from(taken));
  if (UPDATING) {
    mkdirSync(GOLDENS, { recursive: true });
    // One that is the same but for what is forgiven stays as it is.
    if (!existsSync(file) || differs(PNG.sync.read(readFileSync(file)), now).share > 0)
      writeFileSync(file, pack(now));
    return null;
  }
  if (!existsSync(file)) {
    keep(`${name}.actual.png`, now);
    return `there is no picture ${name} yet: look at dist/screens/${name}.actual.png, then UPDATE_SCREENS=1 keeps it`;
  }
  const { share, picture } = differs(PNG.sync.read(readFileSync(file)), now);
  if (share <= SHARE) return null;
  keep(`${name}.actual.png`, now);
  if (picture) keep(`${name}.difference.png`, picture);
  const percent = (share * 100).toFixed(2);
  return `${name} differs in ${percent} % of its pixels: see dist/screens; if it is meant to, UPDATE_SCREENS=1`;
}

/** Takes away what an earlier run left. */
export function forgetDifferences(): void {
  rmSync(DIFFERENT, { recursive: true, force: true });
}

function differs(kept: PNG, now: PNG): { share: number; picture: PNG | null } {
  const { width, height } = kept;
  if (now.width !== width || now.height !== height) return { share: 1, picture: null };
  const picture = new PNG({ width, height });
  const off = pixelmatch(kept.data, now.data, picture.data, width, height, { threshold: PIXEL });
  return { share: off / (width * height), picture };
}

function keep(file: string, picture: PNG): void {
  mkdirSync(DIFFERENT, { recursive: true });
  writeFileSync(path.join(DIFFERENT, file), pack(picture));
}

/** Without transparency and finest shades, which makes it half as large. */
function pack(picture: PNG): Buffer {
  for (const [at, value] of picture.data.entries())
    picture.data[at] = Math.round((Math.round((value / 255) * SHADES) / SHADES) * 255);
  return PNG.sync.write(picture, { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 });
}
