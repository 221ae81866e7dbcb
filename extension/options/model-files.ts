// A model from the person's own files: choosing them, and handing them to the background piece by piece.

import type { ModelFile, ModelList } from "../../messages/messages.ts";
import { ask } from "../shared/browser.ts";
import { element } from "../shared/dom.ts";
import { fileSize } from "../shared/format.ts";
import { text } from "../shared/strings.ts";

/** Bytes in one message. */
const PIECE = 1 << 20;

interface Chosen {
  file: File;
  /** As the model names it. */
  name: string;
}

/** Lets a person choose all files of a model; `null`: they thought better of it. Throws what is wrong with them. */
export async function pickModelFiles(wanted: readonly ModelFile[]): Promise<Chosen[] | null> {
  const picked = await pick();
  if (picked.length === 0) return null;
  return wanted.map(({ name, bytes: size }) => {
    const file = picked.find((each) => each.name === name) ?? picked.find((each) => each.size === size);
    if (file === undefined)
      throw new Error(text("modelImportMissing", wanted.map((each) => each.name).join(", "), name));
    if (file.size !== size)
      throw new Error(text("modelImportSize", file.name, fileSize(file.size), fileSize(size)));
    return { file, name };
  });
}

function pick(): Promise<File[]> {
  const input = element("input", { type: "file", multiple: true, accept: ".safetensors,.json" });
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve([...(input.files ?? [])]));
    input.addEventListener("cancel", () => resolve([]));
    input.click();
  });
}

/** Sends a file from its beginning; `progress` is told after each piece. */
export async function sendFile(
  model: string,
  name: string,
  file: File,
  progress: (models: ModelList) => void,
): Promise<void> {
  for (let at = 0; at < file.size; at += PIECE) {
    const data = await base64(file.slice(at, at + PIECE));
    progress(await ask({ type: "importModel", model, file: name, at, size: file.size, data }));
  }
}

/** The browser's own encoder, which is far quicker than one character after the other. */
function base64(part: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(part);
  });
}
