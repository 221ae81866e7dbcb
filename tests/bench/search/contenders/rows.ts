// Rows in IndexedDB, as anybody would keep them: for contenders that bring no storage.

const STORE = "rows";

/** One object store of numbered values. */
export class Rows {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(name: string): Promise<Rows> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return new Rows(await done(request));
  }

  /** Keeps a value under a number; when this is done, it is on disk. */
  put(key: number, value: unknown): Promise<void> {
    const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
    transaction.objectStore(STORE).put(value, key);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }

  /** Every value, in order, one at a time. */
  async *all<Value>(): AsyncGenerator<Value> {
    const keys = await done(this.#rows().getAllKeys());
    for (const key of keys) yield (await done(this.#rows().get(key))) as Value;
  }

  #rows(): IDBObjectStore {
    return this.#database.transaction(STORE, "readonly").objectStore(STORE);
  }
}

function done<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
