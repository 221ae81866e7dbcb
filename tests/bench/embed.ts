// `./build.sh bench embed`: our embedders against those of others, in one browser, on the same word pieces.
//
//   --only cpu|webgpu|accuracy   that part alone
//   --repetitions N              instead of 20 (5 on WebGPU); the slowest rows never get more than their own few
//
// "f32" is the published model; "q8" is what @huggingface/transformers ships. Everybody has one thread.

import { parseArgs } from "node:util";
import { closeness, compare, print, similarity } from "./embed/accuracy.ts";
import { hasData, NO_DATA, oneByOne, passages, referenceTexts, shape } from "./embed/corpus.ts";
import { Host } from "./embed/host.ts";
import { type Entry, race } from "./embed/speed.ts";
import type { Name } from "./embed/work.ts";
import { machine } from "./report/machine.ts";
import { progress, Report, run } from "./report/report.ts";
import { timing } from "./report/statistics.ts";
import { range, short, table } from "./report/table.ts";

const LABELS: Record<Name, string> = {
  "int8-relaxed": "ours, int8, relaxed SIMD",
  "int8-plain": "ours, int8, plain SIMD",
  "flex-f32": "Burn flex, f32",
  "ort-f32": "onnxruntime-web, f32",
  "ort-q8": "onnxruntime-web, q8",
  "transformers-q8": "transformers.js, q8",
  gpu: "ours, WebGPU",
  "ort-webgpu": "onnxruntime-web, WebGPU, f32",
};
const ON_CPU: Name[] = ["int8-relaxed", "int8-plain", "flex-f32", "ort-f32", "ort-q8", "transformers-q8"];
const ON_GPU: Name[] = ["gpu", "ort-webgpu"];
const PARTS = ["cpu", "webgpu", "accuracy"] as const;
/** Largest share of the baseline's time (DESIGN, section 7). */
const CPU_LIMITS: [string, number][] = [
  ["1 × 16", 0.45],
  ["1 × 64", 0.45],
  ["1 × 128", 0.45],
  ["1 × 256", 0.55],
  ["8 × 128", 0.55],
];
const GPU_LIMITS: [string, number][] = ["1 × 16", "1 × 64", "1 × 128", "8 × 128"].map((name) => [name, 1]);
const MIN_COSINE = 0.995;
const STSB_PUBLISHED = 82.03;
const STSB_TOLERANCE = 0.3;
/** A software adapter takes seconds for each of these. */
const LONGEST_ON_GPU = 20;

const { values } = parseArgs({
  options: { only: { type: "string" }, repetitions: { type: "string" } },
});
const only = PARTS.find((part) => part === values.only);
const wanted = values.repetitions === undefined ? undefined : Number(values.repetitions);

await run(async () => {
  if (values.only !== undefined && only === undefined)
    throw new Error(`--only knows ${PARTS.join(", ")}, not ${values.only}`);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0))
    throw new Error(`--repetitions is a whole number from 1, not ${values.repetitions}`);
  const report = new Report("embed");
  if (process.argv.length > 2) report.partial(process.argv.slice(2).join(" "));
  const host = await Host.start();
  try {
    if (only === undefined || only === "cpu") await cpu(host, report);
    if (only === undefined || only === "accuracy") await accuracy(host, report);
    if (only === undefined || only === "webgpu") await webgpu(host, report);
    return report.finish(machine(await host.browser()));
  } finally {
    await host.close();
  }
});

/** `most` for rows that take too long for the usual number. */
function repetitions(usual: number, most = usual): number {
  return Math.min(wanted ?? usual, most);
}

async function cpu(host: Host, report: Report): Promise<void> {
  const shapes = [shape(1, 16), shape(1, 64), shape(1, 128), shape(1, 256), shape(8, 128)];
  const entries: Entry[] = [
    ...shapes.map((work) => ({ work, repetitions: repetitions(20) })),
    { work: shape(32, 128), repetitions: repetitions(20, 5), warmUp: { runs: 1, ms: 0 } },
  ];
  const texts = hasData() ? passages().texts : undefined;
  if (texts === undefined) progress(`left out: ${NO_DATA}`);
  else {
    await host.open(["flex-f32"]);
    const work = oneByOne("200 passages", await host.tokenize(texts));
    entries.push({ work, repetitions: repetitions(20, 3), warmUp: { runs: 0, ms: 0 } });
  }
  const title = "CPU, one thread";
  const times = await race(host, report, {
    title,
    part: "cpu",
    names: ON_CPU,
    baseline: "ort-q8",
    labels: LABELS,
    entries,
  });
  if (texts !== undefined) await hash(host, report, texts);
  for (const [work, limit] of CPU_LIMITS) {
    const ratio = times.ratio(work, "int8-relaxed", "ort-q8");
    report.atMost(`CPU, ${work} tokens: ${LABELS["int8-relaxed"]} ÷ ${LABELS["ort-q8"]}`, ratio, limit);
  }
}

async function hash(host: Host, report: Report, texts: string[]): Promise<void> {
  await host.hash(texts);
  const times: number[] = [];
  for (let n = 0; n < repetitions(20); n += 1) times.push(await host.hash(texts));
  const time = timing(times);
  report.row({ part: "hash", work: "200 passages", contender: "ours, hash", unit: "ms", ...time });
  const line = ["200 passages", short(time.median), range(time.min, time.max), String(time.repetitions)];
  report.print("### Hash, from the text itself");
  report.print(table(["texts", "median, ms", "min–max", "n"], [line]));
}

async function accuracy(host: Host, report: Report): Promise<void> {
  if (!hasData()) {
    report.print(`Accuracy was left out: ${NO_DATA}.`);
    return;
  }
  const names = await host.open(ON_CPU);
  const found = await closeness(host, report, names, LABELS);
  const judged: Name[] = ["flex-f32", "int8-relaxed", "ort-q8"];
  const scores = await similarity(
    host,
    report,
    judged.filter((name) => names.includes(name)),
    LABELS,
  );
  for (const name of ["int8-relaxed", "int8-plain"] as const)
    report.atLeast(`mean cosine with f32: ${LABELS[name]}`, found.get(name)?.mean, MIN_COSINE);
  const score = scores.get("int8-relaxed");
  const off = score === undefined ? undefined : Math.abs(score - STSB_PUBLISHED);
  report.atMost(`STS-B, distance from ${STSB_PUBLISHED}: ${LABELS["int8-relaxed"]}`, off, STSB_TOLERANCE);
}

async function webgpu(host: Host, report: Report): Promise<void> {
  const warmUp = { runs: 1, ms: 0 };
  const entries: Entry[] = [
    ...[shape(1, 16), shape(1, 64), shape(1, 128)].map((work) => ({
      work,
      repetitions: repetitions(5),
      warmUp,
    })),
    { work: shape(8, 128), repetitions: repetitions(5, 3), warmUp },
  ];
  const times = await race(host, report, {
    title: "WebGPU, the same adapter",
    part: "webgpu",
    names: ON_GPU,
    baseline: "ort-webgpu",
    labels: LABELS,
    entries,
  });
  const short = referenceTexts().filter(({ ids }) => ids.length <= LONGEST_ON_GPU);
  const work = oneByOne(
    "short texts",
    short.map(({ ids }) => ids),
  );
  const found = new Map<Name, ReturnType<typeof compare>>();
  for (const name of ON_GPU.filter((name) => !host.absent.has(name))) {
    progress(`accuracy: ${LABELS[name]}`);
    found.set(
      name,
      compare(
        await host.vectors(name, work),
        short.map(({ vector }) => vector),
      ),
    );
  }
  print(report, "Cosine with f32, short reference texts", found, LABELS, short.length);
  for (const [name, limit] of GPU_LIMITS) {
    const ratio = times.ratio(name, "gpu", "ort-webgpu");
    report.atMost(`WebGPU, ${name} tokens: ${LABELS.gpu} ÷ ${LABELS["ort-webgpu"]}`, ratio, limit);
  }
  report.atLeast(`mean cosine with f32: ${LABELS.gpu}`, found.get("gpu")?.mean, MIN_COSINE);
}
