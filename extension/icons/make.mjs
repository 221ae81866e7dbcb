// Draws the icon: `node extension/icons/make.mjs` writes mark.svg, 16/32/48/128.png and, for where nothing is read,
// off-16/32.png beside itself.
//
// One list of discs is the single source of both, so that the toolbar and the pages cannot drift apart.
// The discs are rasterised here, 8 × 8 samples a pixel, and packed into a PNG by hand: four circles do not
// need a browser or an image library, and the bytes come out the same on every machine.

import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

/** Back to front, in units of the icon's side: an eye, and what it has seen fading behind it. */
const DISCS = [
  { x: 0.27, y: 0.5, r: 0.27, colour: [245, 196, 105] },
  { x: 0.41, y: 0.5, r: 0.36, colour: [226, 111, 94] },
  { x: 0.57, y: 0.5, r: 0.43, colour: [84, 70, 196] },
  { x: 0.64, y: 0.41, r: 0.14, colour: [255, 255, 255] },
];
const SIZES = [16, 32, 48, 128];
/** Those of toolbars, in grey. */
const OFF_SIZES = [16, 32];
/** How much of its white a grey takes on, so that the mark is seen on dark toolbars, too. */
const PALE = 0.3;
const SAMPLES = 8;

/** The colour seen at a point, or nothing where no disc is. */
function colourAt(x, y) {
  return DISCS.findLast((disc) => Math.hypot(x - disc.x, y - disc.y) <= disc.r)?.colour;
}

/** A colour without its hue, and paler. */
function grey([red, green, blue]) {
  const light = 0.3 * red + 0.59 * green + 0.11 * blue;
  return Array(3).fill(light + (255 - light) * PALE);
}

/** RGBA rows of a square picture, each led by the PNG filter byte 0; `paint` changes each disc's colour. */
function rasterise(size, paint) {
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0];
      let hits = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) / size;
        const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / size;
        const colour = colourAt(x, y);
        if (!colour) continue;
        hits++;
        const painted = paint(colour);
        for (let channel = 0; channel < 3; channel++) sum[channel] += painted[channel];
      }
      const at = row * (size * 4 + 1) + 1 + column * 4;
      for (let channel = 0; channel < 3; channel++)
        rows[at + channel] = hits ? Math.round(sum[channel] / hits) : 0;
      rows[at + 3] = Math.round((255 * hits) / (SAMPLES * SAMPLES));
    }
  }
  return rows;
}

/** One PNG chunk: length, type, data, CRC-32 of type and data. */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function png(size, paint = (colour) => colour) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits a channel, RGBA
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rasterise(size, paint), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function svg() {
  const discs = DISCS.map(
    ({ x, y, r, colour }) => `  <circle cx="${x}" cy="${y}" r="${r}" fill="rgb(${colour.join(" ")})"/>\n`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">\n  <title>Afterimage</title>\n${discs.join("")}</svg>\n`;
}

for (const size of SIZES) writeFileSync(new URL(`${size}.png`, import.meta.url), png(size));
for (const size of OFF_SIZES) writeFileSync(new URL(`off-${size}.png`, import.meta.url), png(size, grey));
writeFileSync(new URL("mark.svg", import.meta.url), svg());
