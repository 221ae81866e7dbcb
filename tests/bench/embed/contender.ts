// In the page: one way to turn word pieces into vectors.

import type { Batch, Work } from "./work.ts";

/** A contender with its model loaded. */
export interface Contender {
  /**
   * Readies the inputs, which is not measured, and gives the run that is: from ids to the vectors of all
   * sequences, pooled and of norm 1, in order.
   */
  prepare(work: Work): () => Promise<Float32Array>;
}

/** All ids one after the other, and the length of each sequence: what our own modules take. */
export function flatten(batches: readonly Batch[]): { ids: Uint32Array; lengths: Uint32Array } {
  const sequences = batches.flat();
  return {
    ids: Uint32Array.from(sequences.flat()),
    lengths: Uint32Array.from(sequences, ({ length }) => length),
  };
}

/** A module that is imported when the page runs, not bundled into it. */
export function load<Module>(path: string): Promise<Module> {
  return import(path) as Promise<Module>;
}

export async function bytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await found(path)).arrayBuffer());
}

export async function text(path: string): Promise<string> {
  return (await found(path)).text();
}

async function found(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}
