// The seal of a file: chunks of AES-256-GCM under a key made of a passphrase. background/FORMAT.md describes it.
//
// The key is new for each file, as its salt is, so the number of a chunk is nonce enough. That number, whether it is the
// last chunk, and the whole header are authenticated with each chunk: none can be changed, left out, cut off, put in
// another place or taken from another file. The first chunk is empty and only shows whether the passphrase is right.

import { FILE_MAGIC, FILE_VERSION } from "../../messages/messages.ts";
import { type Bytes, concat } from "./bytes.ts";
import { FileError } from "./problem.ts";

/** What a file begins with: magic, version, and whether it is sealed. */
export const HEADER = FILE_MAGIC.length + 2;
const SALT = 16;
const TAG = 16;
const NONCE = 12;
/** What a sealed file has besides: the number of iterations, the salt, the empty chunk. */
export const SEAL = 4 + SALT + TAG;
/** Plain bytes in a chunk; the last one may have fewer. */
export const CHUNK = 1 << 20;
export const SEALED_CHUNK = CHUNK + TAG;
/** As OWASP recommends for PBKDF2-HMAC-SHA-256: a third of a second to a second. */
const ITERATIONS = 600_000;
/** A file that asks for more would only keep the machine busy. */
const MOST_ITERATIONS = 20 * ITERATIONS;

/** The first bytes of a file. */
export function headerOf(sealed: boolean): Bytes {
  const header = new Uint8Array(HEADER);
  for (let at = 0; at < FILE_MAGIC.length; at += 1) header[at] = FILE_MAGIC.charCodeAt(at);
  header[FILE_MAGIC.length] = FILE_VERSION;
  header[FILE_MAGIC.length + 1] = sealed ? 1 : 0;
  return header;
}

/** One file's key. Chunks are sealed, or opened, in their order. */
export class Seal {
  readonly #key: CryptoKey;
  /** Header, iterations, salt. */
  readonly #context: Bytes;
  #chunk = 0;

  private constructor(key: CryptoKey, context: Bytes) {
    this.#key = key;
    this.#context = context;
  }

  /** A new key, and the file's first bytes. */
  static async make(passphrase: string): Promise<{ seal: Seal; begin: Bytes }> {
    const iterations = new Uint8Array(4);
    new DataView(iterations.buffer).setUint32(0, ITERATIONS, true);
    const salt = crypto.getRandomValues(new Uint8Array(SALT));
    const context = concat(headerOf(true), iterations, salt);
    const seal = new Seal(await keyOf(passphrase, salt, ITERATIONS), context);
    return { seal, begin: concat(context, await seal.close(new Uint8Array(0), false)) };
  }

  /** The key of a file that begins with these bytes: {@link HEADER} and {@link SEAL} of them. */
  static async of(begin: Bytes, passphrase: string): Promise<Seal> {
    const context = begin.slice(0, HEADER + 4 + SALT);
    const iterations = new DataView(context.buffer).getUint32(HEADER, true);
    if (iterations === 0 || iterations > MOST_ITERATIONS) throw new FileError("damaged");
    const seal = new Seal(await keyOf(passphrase, context.slice(HEADER + 4), iterations), context);
    try {
      await seal.open(begin.slice(HEADER + 4 + SALT), false);
    } catch {
      throw new FileError("passphrase");
    }
    return seal;
  }

  /** Seals the next chunk. */
  async close(plain: Bytes, last: boolean): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#next(last), this.#key, plain));
  }

  /** Opens the next chunk; throws where it is not what was sealed in this place. */
  async open(sealed: Bytes, last: boolean): Promise<Bytes> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(this.#next(last), this.#key, sealed));
    } catch {
      throw new FileError("damaged");
    }
  }

  #next(last: boolean): AesGcmParams {
    const iv = new Uint8Array(NONCE);
    new DataView(iv.buffer).setUint32(0, this.#chunk, true);
    const flag = new Uint8Array([last ? 1 : 0]);
    const additionalData = concat(this.#context, iv.slice(0, 4), flag);
    this.#chunk += 1;
    return { name: "AES-GCM", iv, additionalData, tagLength: 8 * TAG };
  }
}

async function keyOf(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  // The same letters may be typed in two ways.
  const bytes = new TextEncoder().encode(passphrase.normalize("NFC"));
  const typed = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const algorithm = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(derivation, typed, algorithm, false, ["encrypt", "decrypt"]);
}
