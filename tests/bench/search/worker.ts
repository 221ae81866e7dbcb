// A worker of the page.

import { openOrama } from "./contenders/orama.ts";
import { openOurs } from "./contenders/ours.ts";
import { openScan } from "./contenders/scan.ts";
import { openSqlite } from "./contenders/sqlite.ts";
import { answer, methodsOf } from "./methods.ts";
import type { Contender, Name } from "./work.ts";

function open(name: Name, room: number): Promise<Contender> {
  switch (name) {
    case "ours":
    case "ours-dedicated":
      return openOurs();
    case "scan-wasm":
      return openScan("wasm", room);
    case "scan-js":
      return openScan("js", room);
    case "orama":
      return openOrama();
    case "sqlite":
      return openSqlite();
  }
}

/** The scope of a worker; the project's types are those of pages. */
const scope = globalThis as unknown as Worker;
const methods = methodsOf(open);
scope.onmessage = async ({ data }) => scope.postMessage(await answer(methods, data));
