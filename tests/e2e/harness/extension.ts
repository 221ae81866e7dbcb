// Speaks to the extension as its own pages do: the same messages, from a page that is part of it.

import type { Page } from "puppeteer-core";
import {
  type Backend,
  type Captured,
  type Compared,
  type Diagnosis,
  type ErrorCode,
  type Exported,
  type Forgotten,
  type Imported,
  type ImportPlace,
  type Link,
  type ModelList,
  type ModelState,
  type PageList,
  type PageStatus,
  type Preview,
  type Reply,
  type Request,
  type Restored,
  type Results,
  type Sensitive,
  type Settings,
  type SiteList,
  type State,
  VERSION,
  type Wanted,
} from "../../../messages/messages.ts";
import { archiveOf, type FilePage, framesOf } from "./archive.ts";
import type { Chromium } from "./browser.ts";
import { hold, type Row, rows, type Table } from "./database.ts";
import { sleep, until } from "./until.ts";

/** Which answer belongs to which request. */
interface Answers {
  offer: Wanted;
  capture: Captured;
  search: Results;
  similar: Results;
  preview: Preview;
  forget: Forgotten;
  undo: Restored;
  setSite: Forgotten;
  page: PageStatus;
  remember: Wanted;
  pin: PageStatus;
  pages: PageList;
  sites: SiteList;
  sensitive: Sensitive;
  backfill: State;
  export: Exported;
  import: Imported;
  models: ModelList;
  model: ModelList;
  importModel: ModelList;
  state: State;
  diagnose: Diagnosis;
  compare: Compared;
  configure: State;
}

/** An answer that is an error. */
export class Refused extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** The extension. */
export class Extension {
  /** The page from which it is asked. */
  readonly page: Page;
  readonly #chromium: Chromium;

  private constructor(chromium: Chromium, page: Page) {
    this.#chromium = chromium;
    this.page = page;
  }

  /** Opens the page from which the extension is asked. */
  static async open(chromium: Chromium): Promise<Extension> {
    const page = await chromium.browser.newPage();
    await page.goto(`chrome-extension://${chromium.extensionId}/welcome/welcome.html`);
    return new Extension(chromium, page);
  }

  /** The address of one of its files. */
  url(file: string): string {
    return `chrome-extension://${this.#chromium.extensionId}/${file}`;
  }

  /** Sends anything at all and gives what came back. */
  send(message: unknown): Promise<Reply | undefined> {
    return this.page.evaluate(
      (text) => chrome.runtime.sendMessage(JSON.parse(text)),
      JSON.stringify(message),
    );
  }

  /** Asks; an error is thrown as [`Refused`]. */
  async ask<T extends Request["type"]>(request: Extract<Request, { type: T }>): Promise<Answers[T]> {
    const reply = await this.send({ v: VERSION, request });
    if (reply === undefined) throw new Error(`no answer to ${request.type}`);
    if ("error" in reply) throw new Refused(reply.error.code, reply.error.message);
    const { type: _, ...answer } = reply.ok;
    return answer as unknown as Answers[T];
  }

  /** What is going on. */
  state(): Promise<State> {
    return this.ask({ type: "state" });
  }

  /** What is known of a model. */
  async model(id: string): Promise<ModelState> {
    const { models } = await this.ask({ type: "models" });
    const found = models.find((model) => model.id === id);
    if (found === undefined) throw new Error(`there is no model ${id}`);
    return found;
  }

  /** Changes some of the settings. */
  async configure(change: Partial<Settings>): Promise<State> {
    const { settings } = await this.state();
    return this.ask({ type: "configure", ...settings, ...change });
  }

  /** Asks a question by words and meaning. */
  search(query: string, limit = 10): Promise<Results> {
    return this.ask({ type: "search", query, mode: "hybrid", limit, filters: NO_FILTERS, order: "best" });
  }

  /** Asks for words only. */
  searchWords(query: string, limit = 10): Promise<Results> {
    return this.ask({ type: "search", query, mode: "words", limit, filters: NO_FILTERS, order: "best" });
  }

  /** Takes in pages as out of a file, without the options page: how a test gets pages that were read long ago. */
  async take(pages: readonly FilePage[]): Promise<void> {
    let place: ImportPlace | null = null;
    for (const frame of framesOf(archiveOf(pages))) {
      const data = frame.toString("base64");
      // The first frame has the settings, which stay as they are.
      const read: Imported = await this.ask({ type: "import", place, data, keep: place !== null });
      if (read.frame === "refused") throw new Error(`the file is ${read.problem}`);
      if (read.frame !== "end") place = read.place;
    }
  }

  /** Waits until every page that was read is split, embedded and committed. */
  waitIndexed(seconds: number, onProgress?: (state: State) => void): Promise<State> {
    return until(
      "everything is indexed",
      async () => {
        const state = await this.state();
        onProgress?.(state);
        return state.queued === 0 && state.unembedded === 0 && state;
      },
      seconds,
      300,
    );
  }

  /** Asks for the state for `ms` and tells whether nothing was ever waiting for work meanwhile. */
  async staysIdle(ms: number): Promise<boolean> {
    const end = Date.now() + ms;
    while (Date.now() < end) {
      const { queued, unembedded } = await this.state();
      if (queued + unembedded > 0) return false;
      await sleep(50);
    }
    return true;
  }

  /** The rows of a table of its database. */
  rows(table: Table): Promise<Row[]> {
    return rows(this.page, table);
  }

  /** Stops writes (`readonly`) or everything (`readwrite`) on these tables until the answer is called. */
  hold(tables: Table[], mode: "readonly" | "readwrite"): Promise<() => Promise<void>> {
    return hold(this.page, tables, mode);
  }
}

/** What is known of a backend. */
export function linkOf(state: State, backend: Backend): Link {
  const link = state.chain.find((each) => each.backend === backend);
  if (link === undefined) throw new Error(`${backend} is not in the chain`);
  return link;
}

const NO_FILTERS = { site: null, after: null, before: null };
