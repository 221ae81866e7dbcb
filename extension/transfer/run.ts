// The way of everything into a file, and of a file into the index: a frame at a time, from question to question. What
// the background needs to go on is in the place that it names, so its death costs no more than one question.

import type {
  Export,
  Exported,
  ExportPlace,
  Import,
  Imported,
  ImportPlace,
  Merged,
  Settings,
} from "../../messages/messages.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import { type Reader, Writer } from "./file.ts";
import { FileError } from "./problem.ts";

/** The background. Asking twice does no more than asking once. */
export interface Background {
  export(request: Export): Promise<Exported>;
  import(request: Import): Promise<Imported>;
}

/** Whoever waits hears how far it is, and may stop it. */
export interface Job {
  readonly signal: AbortSignal;
  progress(share: number, pages: number): void;
}

export interface Written {
  file: Blob;
  pages: number;
  /** Pages that could not be read, or were too large. */
  leftOut: number;
}

/** What is in a file. */
export interface Contents {
  pages: number;
  pinned: number;
  sites: number;
  /** When pages were seen, ms since the epoch; null where there are none. */
  period: { oldest: number; newest: number } | null;
  settings: Settings;
  /** Pages that could not be written into it. */
  leftOut: number;
}

/** Writes everything into a file. */
export async function write(background: Background, passphrase: string, job: Job): Promise<Written> {
  const writer = await Writer.begin(passphrase);
  let place: ExportPlace | null = null;
  for (;;) {
    job.signal.throwIfAborted();
    const piece: Exported = await background.export({ place });
    await writer.add(fromBase64(piece.data));
    place = piece.place;
    const { pages, leftOut } = place;
    job.progress(pages / Math.max(1, piece.total), pages);
    if (piece.done) return { file: await writer.end(), pages, leftOut };
  }
}

/** Looks at a whole file; throws a {@link FileError} for whatever is wrong with it. Nothing is changed. */
export async function look(background: Background, reader: Reader, job: Job): Promise<Contents> {
  let settings: Settings | undefined;
  let period: Contents["period"] = null;
  const sites = new Set<string>();
  let pages = 0;
  let pinned = 0;
  const leftOut = await each(background, reader, job, { pages: false, settings: false }, (frame) => {
    if (frame.frame === "settings") settings = frame.settings;
    if (frame.frame !== "pages") return;
    pages = frame.place.pages;
    pinned += frame.pinned;
    for (const site of frame.sites) sites.add(site);
    if (frame.sites.length > 0)
      period = {
        oldest: Math.min(frame.oldest, period?.oldest ?? frame.oldest),
        newest: Math.max(frame.newest, period?.newest ?? frame.newest),
      };
  });
  if (settings === undefined) throw new FileError("damaged");
  return { pages, pinned, sites: sites.size, period, settings, leftOut };
}

/** Takes in a file that was looked at. Stopped half-way, what was taken in stays, and another time takes in the rest. */
export async function take(
  background: Background,
  reader: Reader,
  withSettings: boolean,
  job: Job,
): Promise<Merged> {
  const all: Merged = { added: 0, updated: 0, unchanged: 0, leftOut: 0 };
  await each(background, reader, job, { pages: true, settings: withSettings }, (frame) => {
    if (frame.frame !== "pages" || frame.merged === null) return;
    all.added += frame.merged.added;
    all.updated += frame.merged.updated;
    all.unchanged += frame.merged.unchanged;
    all.leftOut += frame.merged.leftOut;
  });
  return all;
}

/** Sends each frame of a file to the background; gives how many pages are missing in the file. */
async function each(
  background: Background,
  reader: Reader,
  job: Job,
  keep: { pages: boolean; settings: boolean },
  see: (frame: Imported) => void,
): Promise<number> {
  let place: ImportPlace | null = null;
  for (;;) {
    job.signal.throwIfAborted();
    const data = toBase64(await reader.frame());
    const frame: Imported = await background.import({
      place,
      data,
      keep: place === null ? keep.settings : keep.pages,
    });
    if (frame.frame === "refused") throw new FileError(frame.problem);
    see(frame);
    if (frame.frame === "end") {
      // Something behind the end was not written by us.
      if (!reader.ended) throw new FileError("damaged");
      job.progress(1, place?.pages ?? 0);
      return frame.leftOut;
    }
    place = frame.place;
    job.progress(reader.share, place.pages);
  }
}
