// As much of the format `postcard` as tests need to read rows behind the product's back.

/** Version and checksum in front of a row (index/src/rows). */
const HEADER = 5;

/** Reads one value after the other. */
export class Postcard {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** What is in a row. */
  static ofRow(row: Buffer): Postcard {
    return new Postcard(row.subarray(HEADER));
  }

  /** An unsigned number: seven bits a byte, the lowest first. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at);
      this.#at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  bytes(): Buffer {
    const length = this.number();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
