// What can be wrong with a file.

import type { FileProblem } from "../../messages/messages.ts";

/** Why a file cannot be read: what the background finds in a frame, and what shows before that. */
export type FileCode =
  | FileProblem
  /** It does not begin as our files do. */
  | "notOurs"
  /** A newer version wrote it. */
  | "newer"
  /** It ends too early. */
  | "truncated"
  /** It is sealed with another passphrase. */
  | "passphrase"
  /** The disk does not give its bytes: it was moved, or changed since it was chosen. */
  | "unreadable";

export class FileError extends Error {
  readonly code: FileCode;

  constructor(code: FileCode) {
    super(`the file cannot be read: ${code}`);
    this.name = "FileError";
    this.code = code;
  }
}
