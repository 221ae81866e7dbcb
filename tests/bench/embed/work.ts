// What is embedded: agreed between the benchmark (Node) and its page (browser), so JSON only.

/** Word-piece ids of one text, `[CLS]` and `[SEP]` included. */
export type Sequence = readonly number[];

/** Sequences of one length that a contender may put through its model together. */
export type Batch = readonly Sequence[];

/** What one measured run does. */
export interface Work {
  readonly name: string;
  readonly batches: readonly Batch[];
}

/** Dimensions of every vector here. */
export const DIMS = 384;

/** Who takes part, by the name under which the page opens it. */
export type Name =
  | "int8-relaxed"
  | "int8-plain"
  | "flex-f32"
  | "ort-f32"
  | "ort-q8"
  | "transformers-q8"
  | "gpu"
  | "ort-webgpu";
