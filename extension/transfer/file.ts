// The file on its way to and from the disk, never in memory as a whole: it is written as a Blob of parts, which browsers
// keep on the disk, and read in slices.

import { FILE_MAGIC, FILE_VERSION, FRAME_HEADER, FRAME_LIMIT } from "../../messages/messages.ts";
import { type Bytes, concat } from "./bytes.ts";
import { FileError } from "./problem.ts";
import { CHUNK, HEADER, headerOf, SEAL, SEALED_CHUNK, Seal } from "./seal.ts";

/** Bytes of a file that are gathered before they become a part of it. */
const PART = 4 * CHUNK;

/** A file that is being written. */
export class Writer {
  readonly #seal: Seal | null;
  readonly #parts: Blob[] = [];
  #gathered: Bytes[] = [];
  #bytes = 0;
  /** What does not fill a chunk yet. */
  #rest: Bytes = new Uint8Array(0);

  private constructor(seal: Seal | null) {
    this.#seal = seal;
  }

  /** Begins a file, sealed if there is a passphrase. */
  static async begin(passphrase: string): Promise<Writer> {
    if (passphrase === "") return new Writer(null);
    const { seal, begin } = await Seal.make(passphrase);
    const writer = new Writer(seal);
    writer.#put(begin);
    return writer;
  }

  async add(bytes: Bytes): Promise<void> {
    if (this.#seal === null) {
      this.#put(bytes);
      return;
    }
    let rest = concat(this.#rest, bytes);
    // A full chunk waits until it is known that another one follows.
    for (; rest.length > CHUNK; rest = rest.slice(CHUNK))
      this.#put(await this.#seal.close(rest.slice(0, CHUNK), false));
    this.#rest = rest;
  }

  async end(): Promise<Blob> {
    if (this.#seal !== null) this.#put(await this.#seal.close(this.#rest, true));
    this.#flush();
    return new Blob(this.#parts, { type: "application/octet-stream" });
  }

  #put(bytes: Bytes): void {
    this.#gathered.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= PART) this.#flush();
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#gathered));
    this.#gathered = [];
    this.#bytes = 0;
  }
}

/** A file that is being read, from its beginning. */
export class Reader {
  readonly #blob: Blob;
  readonly #seal: Seal | null;
  #at: number;
  /** What was opened and not read yet. */
  #opened: Bytes = new Uint8Array(0);

  private constructor(blob: Blob, seal: Seal | null, at: number) {
    this.#blob = blob;
    this.#seal = seal;
    this.#at = at;
  }

  /** Whether a file is sealed; throws a {@link FileError} where it is none of ours. */
  static async isSealed(blob: Blob): Promise<boolean> {
    const header = await bytesOf(blob, 0, HEADER).catch((error: FileError) => {
      // Whatever is shorter was never one of ours.
      throw error.code === "truncated" ? new FileError("notOurs") : error;
    });
    const plain = headerOf(false);
    if (header.subarray(0, FILE_MAGIC.length).some((byte, at) => byte !== plain[at]))
      throw new FileError("notOurs");
    const [version = 0, sealed = 0] = header.subarray(FILE_MAGIC.length);
    if (version > FILE_VERSION) throw new FileError("newer");
    if (version !== FILE_VERSION || sealed > 1) throw new FileError("damaged");
    return sealed === 1;
  }

  /** Begins to read behind the header. */
  static async begin(blob: Blob, passphrase: string): Promise<Reader> {
    if (!(await Reader.isSealed(blob))) return new Reader(blob, null, HEADER);
    const begin = await bytesOf(blob, 0, HEADER + SEAL);
    const reader = new Reader(blob, await Seal.of(begin, passphrase), HEADER + SEAL);
    // Inside of the seal is a whole file.
    const inner = await reader.#take(HEADER);
    if (inner.some((byte, at) => byte !== headerOf(false)[at])) throw new FileError("damaged");
    return reader;
  }

  /** The next frame, whole. */
  async frame(): Promise<Bytes> {
    const head = await this.#take(FRAME_HEADER);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(1, true);
    if (length > FRAME_LIMIT) throw new FileError("tooLarge");
    return concat(head, await this.#take(length));
  }

  /** How much of the file was read, from 0 to 1. */
  get share(): number {
    return this.#at / this.#blob.size;
  }

  /** Nothing is left. */
  get ended(): boolean {
    return this.#at >= this.#blob.size && this.#opened.length === 0;
  }

  async #take(count: number): Promise<Bytes> {
    if (this.#seal === null) {
      const bytes = await bytesOf(this.#blob, this.#at, count);
      this.#at += count;
      return bytes;
    }
    while (this.#opened.length < count) {
      const left = this.#blob.size - this.#at;
      if (left <= 0) throw new FileError("truncated");
      const sealed = await bytesOf(this.#blob, this.#at, Math.min(left, SEALED_CHUNK));
      this.#at += sealed.length;
      this.#opened = concat(this.#opened, await this.#seal.open(sealed, left <= SEALED_CHUNK));
    }
    const taken = this.#opened.slice(0, count);
    this.#opened = this.#opened.slice(count);
    return taken;
  }
}

/** Bytes of a file; the whole of them, or a {@link FileError}. */
async function bytesOf(blob: Blob, at: number, count: number): Promise<Bytes> {
  if (at + count > blob.size) throw new FileError("truncated");
  try {
    return new Uint8Array(await blob.slice(at, at + count).arrayBuffer());
  } catch {
    throw new FileError("unreadable");
  }
}
