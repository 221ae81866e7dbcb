// In the page: the others. Their modules come from npm as they are published and are imported by address, so
// that no bundler changes them. Tokenizers are left out: everybody gets the same ids.

import { bytes, type Contender, load } from "./contender.ts";
import { type Batch, DIMS } from "./work.ts";

const ORT = "/peers/onnxruntime-web/dist/";
const TRANSFORMERS = "/peers/@huggingface/transformers/";
/** @huggingface/transformers brings a release of its own. */
const TRANSFORMERS_ORT = `${TRANSFORMERS}node_modules/onnxruntime-web/dist/`;
const MODELS = "/onnx/";
const MODEL = "all-MiniLM-L6-v2";

interface OrtModule {
  env: { wasm: OrtWasm; logLevel: string };
  Tensor: new (type: "int64", data: BigInt64Array, dims: number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}
interface OrtWasm {
  numThreads: number;
  wasmPaths: string;
}
interface OrtTensor {
  data: Float32Array;
}
interface OrtSession {
  run(feeds: Feeds<OrtTensor>): Promise<Record<string, OrtTensor>>;
}
interface Feeds<T> {
  input_ids: T;
  attention_mask: T;
  token_type_ids: T;
}

interface TransformersModule {
  env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    useBrowserCache: boolean;
    backends: { onnx: { wasm: OrtWasm } };
  };
  Tensor: new (type: "int64", data: BigInt64Array, dims: number[]) => TransformersTensor;
  AutoModel: { from_pretrained(name: string, options: object): Promise<TransformersModel> };
  mean_pooling(states: TransformersTensor, mask: TransformersTensor): TransformersTensor;
}
interface TransformersTensor {
  data: Float32Array;
  normalize(p: number, dim: number): TransformersTensor;
}
type TransformersModel = (
  feeds: Feeds<TransformersTensor>,
) => Promise<{ last_hidden_state: TransformersTensor }>;

/** onnxruntime-web on one of our ONNX files: `wasm` is its build for the CPU alone, the fastest there. */
export async function openOrt(provider: "wasm" | "webgpu", model: string): Promise<Contender> {
  const ort = await load<OrtModule>(`${ORT}ort.${provider}.min.mjs`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = ORT;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(await bytes(`${MODELS}${MODEL}/onnx/${model}.onnx`), {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
  });
  return inBatches(ort.Tensor, async (feeds, batch) => {
    const { last_hidden_state: states } = await session.run(feeds);
    return pool(states?.data, batch);
  });
}

/** @huggingface/transformers on the q8 file, pooling as its feature-extraction pipeline does. */
export async function openTransformers(): Promise<Contender> {
  const transformers = await load<TransformersModule>(`${TRANSFORMERS}dist/transformers.min.js`);
  const { env, AutoModel, mean_pooling } = transformers;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = MODELS;
  env.useBrowserCache = false;
  env.backends.onnx.wasm.numThreads = 1;
  env.backends.onnx.wasm.wasmPaths = TRANSFORMERS_ORT;
  const model = await AutoModel.from_pretrained(MODEL, { dtype: "q8", device: "wasm" });
  return inBatches(transformers.Tensor, async (feeds) => {
    const { last_hidden_state } = await model(feeds);
    return mean_pooling(last_hidden_state, feeds.attention_mask).normalize(2, -1).data;
  });
}

/** Batch by batch; the tensors are made beforehand. */
function inBatches<Tensor>(
  Tensor: new (type: "int64", data: BigInt64Array, dims: number[]) => Tensor,
  run: (feeds: Feeds<Tensor>, batch: Batch) => Promise<Float32Array>,
): Contender {
  return {
    prepare({ batches }) {
      const inputs = batches.map((batch) => {
        const dims = [batch.length, batch[0]?.length ?? 0];
        const ids = BigInt64Array.from(batch.flat(), BigInt);
        const feeds = {
          input_ids: new Tensor("int64", ids, dims),
          attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
          token_type_ids: new Tensor("int64", new BigInt64Array(ids.length), dims),
        };
        return { feeds, batch };
      });
      return async () => {
        const parts: Float32Array[] = [];
        for (const { feeds, batch } of inputs) parts.push(await run(feeds, batch));
        return join(parts);
      };
    },
  };
}

/** The mean over tokens, scaled to norm 1; no sequence of a batch is padded. */
function pool(states: Float32Array | undefined, batch: Batch): Float32Array {
  const tokens = batch[0]?.length ?? 0;
  if (states?.length !== batch.length * tokens * DIMS) throw new Error("the output has another shape");
  const out = new Float32Array(batch.length * DIMS);
  for (let n = 0; n < batch.length; n += 1) {
    const vector = out.subarray(n * DIMS, (n + 1) * DIMS);
    for (let at = n * tokens * DIMS; at < (n + 1) * tokens * DIMS; at += DIMS) {
      for (let d = 0; d < DIMS; d += 1) vector[d] = (vector[d] as number) + (states[at + d] as number);
    }
    const norm = Math.hypot(...vector);
    for (let d = 0; d < DIMS; d += 1) vector[d] = (vector[d] as number) / norm;
  }
  return out;
}

function join(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
