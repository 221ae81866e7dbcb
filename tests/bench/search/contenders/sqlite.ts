// SQLite in WASM with FTS5 and sqlite-vec, in the origin's private file system: BM25 and exact cosines, fused by
// reciprocal ranks, as sqlite-vec's own documentation does it.

import { load } from "../../embed/contender.ts";
import {
  type Contender,
  DIMS,
  MIN_COSINE,
  PASSAGES,
  PASSAGES_LOOKED_AT,
  pagesOf,
  type Question,
} from "../work.ts";

const MODULE = "/peers/sqlite-vec-wasm-demo/sqlite3.mjs";
/** Of reciprocal ranks. */
const RANK_CONSTANT = 60;
/** SQLite's page cache, in KiB: what the budget allows us. Its default of 2 MB would read all from the files, always. */
const CACHE_KIB = 200_000;
const TABLES = `
  CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, url TEXT, title TEXT, text TEXT, host TEXT, seen REAL);
  CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='passages', content_rowid='id');
  CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0(
    embedding float[${DIMS}] distance_metric=cosine, host TEXT, seen FLOAT);`;

type Value = string | number | Uint8Array;

/** What is used of it. */
interface Database {
  exec(sql: string): unknown;
  selectArrays(sql: string, bind: Value[]): Value[][];
  prepare(sql: string): { bind(values: Value[]): { stepReset(): void }; finalize(): void };
}
interface Sqlite {
  installOpfsSAHPoolVfs(options: { name: string; initialCapacity: number }): Promise<{
    OpfsSAHPoolDb: new (name: string) => Database;
  }>;
}

export async function openSqlite(): Promise<Contender> {
  const { default: start } = await load<{ default(): Promise<Sqlite> }>(MODULE);
  const sqlite = await start();
  const { OpfsSAHPoolDb } = await sqlite.installOpfsSAHPoolVfs({ name: "bench", initialCapacity: 8 });
  const database = new OpfsSAHPoolDb("/bench.db");
  database.exec(`PRAGMA cache_size = -${CACHE_KIB};${TABLES}`);

  /** Passages whose words match, best first. */
  const byWords = (question: Question): number[] => {
    const words = question.text.match(/[\p{L}\p{N}]+/gu) ?? [];
    const match = words.map((word) => `"${word}"`).join(" OR ");
    if (match === "") return [];
    const { where, values } = conditions(question, "p.");
    const sql =
      where === ""
        ? "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
        : `SELECT w.rowid FROM words w JOIN passages p ON p.id = w.rowid
           WHERE w.words MATCH ? ${where} ORDER BY w.rank LIMIT ?`;
    return database.selectArrays(sql, [match, ...values, PASSAGES_LOOKED_AT]).map(([id]) => Number(id));
  };
  /** Passages whose vectors are near, nearest first. */
  const byMeaning = (question: Question): number[] => {
    const { where, values } = conditions(question, "");
    const sql = `SELECT rowid, distance FROM vectors WHERE embedding MATCH ? ${where} AND k = ? ORDER BY distance`;
    return database
      .selectArrays(sql, [blob(question.vector), ...values, PASSAGES_LOOKED_AT])
      .filter(([, distance]) => 1 - Number(distance) >= MIN_COSINE)
      .map(([id]) => Number(id));
  };

  return {
    async insert({ from, documents, vectors }) {
      database.exec("BEGIN");
      const row = database.prepare("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)");
      const words = database.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)");
      const vector = database.prepare(
        "INSERT INTO vectors (rowid, embedding, host, seen) VALUES (CAST(? AS INTEGER), ?, ?, CAST(? AS REAL))",
      );
      documents.forEach(({ url, title, text, host, seenAt }, n) => {
        const id = from * PASSAGES + n;
        row.bind([id, url, title, text, host, seenAt]).stepReset();
        words.bind([id, text]).stepReset();
        vector.bind([id, blob(vectors.subarray(n * DIMS, (n + 1) * DIMS)), host, seenAt]).stepReset();
      });
      for (const statement of [row, words, vector]) statement.finalize();
      database.exec("COMMIT");
    },
    async finish() {},
    async query(question, limit) {
      const scores = new Map<number, number>();
      for (const list of [byWords(question), byMeaning(question)]) {
        list.forEach((id, rank) => {
          scores.set(id, (scores.get(id) ?? 0) + 1 / (RANK_CONSTANT + rank));
        });
      }
      const ranked = [...scores].sort(([, a], [, b]) => b - a).map(([id]) => id);
      // The texts are part of an answer.
      const shown = ranked.slice(0, limit);
      database.selectArrays(
        `SELECT url, title, text FROM passages WHERE id IN (${shown.map(() => "?").join()})`,
        shown,
      );
      return pagesOf(ranked, limit);
    },
  };
}

function conditions({ site, after }: Question, table: string): { where: string; values: Value[] } {
  return {
    where:
      `${site === undefined ? "" : `AND ${table}host = ?`} ${after === undefined ? "" : `AND ${table}seen >= ?`}`.trim(),
    values: [...(site === undefined ? [] : [site]), ...(after === undefined ? [] : [after])],
  };
}

function blob(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
