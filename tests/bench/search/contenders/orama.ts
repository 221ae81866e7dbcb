// @orama/orama in its hybrid mode. It lives in memory; to be there for the next worker it is written out whole.

import { load } from "../../embed/contender.ts";
import { type Contender, DIMS, MIN_COSINE, PASSAGES, PASSAGES_LOOKED_AT, pagesOf } from "../work.ts";
import { Rows } from "./rows.ts";

const MODULE = "/peers/@orama/orama/dist/browser/index.js";
const SCHEMA = {
  title: "string",
  text: "string",
  host: "enum",
  seenAt: "number",
  embedding: `vector[${DIMS}]`,
} as const;

/** What is used of it. */
interface OramaModule {
  create(options: { schema: typeof SCHEMA }): object;
  insertMultiple(database: object, documents: object[], batch: number): Promise<unknown>;
  search(database: object, question: object): Promise<{ hits: { document: { passage: number } }[] }>;
  save(database: object): unknown;
  load(database: object, saved: unknown): void;
}

export async function openOrama(): Promise<Contender> {
  const orama = await load<OramaModule>(MODULE);
  const database = orama.create({ schema: SCHEMA });
  const rows = await Rows.open("orama");
  for await (const saved of rows.all()) orama.load(database, saved);
  return {
    async insert({ from, documents, vectors }) {
      const all = documents.map(({ title, text, host, seenAt }, n) => ({
        // Not in the schema: kept and not indexed.
        passage: from * PASSAGES + n,
        title,
        text,
        host,
        seenAt,
        embedding: Array.from(vectors.subarray(n * DIMS, (n + 1) * DIMS)),
      }));
      await orama.insertMultiple(database, all, all.length);
    },
    finish: () => rows.put(0, orama.save(database)),
    async query({ text, vector, site, after }, limit) {
      const where = {
        ...(site === undefined ? {} : { host: { eq: site } }),
        ...(after === undefined ? {} : { seenAt: { gte: after } }),
      };
      const { hits } = await orama.search(database, {
        mode: "hybrid",
        term: text,
        properties: ["title", "text"],
        vector: { value: Array.from(vector), property: "embedding" },
        similarity: MIN_COSINE,
        limit: PASSAGES_LOOKED_AT,
        ...(Object.keys(where).length > 0 ? { where } : {}),
      });
      return pagesOf(
        hits.map(({ document }) => document.passage),
        limit,
      );
    },
  };
}
