// On what a benchmark ran: figures without it mean nothing.

import { readFileSync } from "node:fs";
import os from "node:os";

/** One line: processor, cores, memory, system, Node and whatever else took part (a browser's version). */
export function machine(...others: string[]): string {
  const cores = os.cpus();
  const model = cores[0]?.model.replace(/\s+/g, " ").trim() || os.arch();
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  const node = `Node ${process.versions.node}`;
  return [`${model} (${os.arch()})`, `${cores.length} cores`, memory, system(), ...others, node].join(", ");
}

function system(): string {
  try {
    const name = readFileSync("/etc/os-release", "utf8").match(/^PRETTY_NAME="(.*)"$/m)?.[1];
    if (name !== undefined) return name;
  } catch {
    // Not a Linux.
  }
  return `${os.type()} ${os.release()}`;
}
