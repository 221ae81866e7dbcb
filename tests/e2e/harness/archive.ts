// Exported files, written by what background/FORMAT.md says and by nothing of the product's.

import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";

/** A page of such a file. */
export interface FilePage {
  url: string;
  title: string;
  passages: string[];
  /** ms since the epoch. */
  seen: number;
  /** Of the bundled model, one of the title, one of each passage, one of the lead. */
  vectors?: Int8Array[];
}

const HEADER = Buffer.from("Afterimage\r\n\u001a\n\u0001\u0000", "latin1");
/** Kind, length and checksum. */
const FRAME_HEADER = 1 + 4 + 32;
const SPACE = "all-MiniLM-L6-v2@1";
const SETTINGS = 1;
const PAGES = 2;
const END = 3;

/** A file with these pages, so many in a frame. */
export function archiveOf(pages: readonly FilePage[], perFrame = 100): Buffer {
  let chain = sha256(HEADER);
  const frame = (kind: number, plain: Buffer): Buffer => {
    const payload = deflateRawSync(plain);
    const head = Buffer.alloc(5);
    head.writeUInt8(kind);
    head.writeUInt32LE(payload.length, 1);
    chain = sha256(chain, head, payload);
    return Buffer.concat([head, chain, payload]);
  };
  const frames = [frame(SETTINGS, Buffer.from("{}"))];
  for (let at = 0; at < pages.length; at += perFrame)
    frames.push(frame(PAGES, list(pages.slice(at, at + perFrame).map(packed))));
  frames.push(frame(END, Buffer.concat([varint(pages.length), varint(0)])));
  return Buffer.concat([HEADER, ...frames]);
}

/** The frames of such a file, behind its header. */
export function framesOf(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = HEADER.length; at < file.length; ) {
    const end = at + FRAME_HEADER + file.readUInt32LE(at + 1);
    frames.push(file.subarray(at, end));
    at = end;
  }
  return frames;
}

/** In postcard: numbers as varints, lengths in front of texts and lists, no names. */
function packed(page: FilePage): Buffer {
  const { url, title, passages, seen, vectors = [] } = page;
  const key = sha256(Buffer.from(url));
  const times = Buffer.alloc(16);
  times.writeDoubleLE(seen, 0);
  times.writeDoubleLE(seen, 8);
  const values = Buffer.concat(vectors.map((values) => Buffer.from(values.buffer)));
  const space = [
    text(SPACE),
    list(vectors.map((_, n) => varint(n))),
    Buffer.concat([varint(values.length), values]),
  ];
  return Buffer.concat([
    key.subarray(0, 16),
    text(url),
    text(title),
    Buffer.from([0]), // No language.
    sha256(Buffer.from(passages.join("\n"))),
    times,
    varint(1), // Visits.
    Buffer.from([0]), // Not pinned.
    list([]), // No aliases.
    list(passages.map(text)),
    list(vectors.length > 0 ? [Buffer.concat(space)] : []),
  ]);
}

function list(elements: readonly Buffer[]): Buffer {
  return Buffer.concat([varint(elements.length), ...elements]);
}

function text(characters: string): Buffer {
  const bytes = Buffer.from(characters);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
