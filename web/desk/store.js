/**
 * What a point keeps in its browser: its key, its lists, and what its gate has decided. IndexedDB, every write that
 * matters with `durability: "strict"`, so that "kept" means flushed to the disk and not only to the system's cache.
 * The part for facts is specified by `memory_store.mjs`.
 */
import { CounterTaken } from "./facts.js";

const NAME = "tongma-desk";
const VERSION = 1;
/** How long a record outlives its ticket: the edge rules forget it after an hour. */
const KEEP_RECORD_MS = 2 * 3600 * 1000;

/** @returns {Promise<any>} the result of an IndexedDB request */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @returns {Promise<void>} when a transaction is committed */
const committed = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  transaction.onerror = (event) => event.preventDefault();
});

export class Store {
  /** @param {IDBDatabase} database */
  constructor(database) {
    this.database = database;
  }

  /** @param {string} [name] @returns {Promise<Store>} */
  static async open(name = NAME) {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const database = request.result;
      database.createObjectStore("named");
      database.createObjectStore("facts", { keyPath: "counter" });
      database.createObjectStore("records", { autoIncrement: true });
    };
    const database = await done(request);
    const store = new Store(database);
    // A newer page wants to change the stores: let it, and stop here rather than write under two rules.
    database.onversionchange = () => database.close();
    return store;
  }

  #write(names) {
    return this.database.transaction(names, "readwrite", { durability: "strict" });
  }

  /** @param {string} name @returns {Promise<any>} undefined when it was never kept */
  get(name) {
    return done(this.database.transaction("named").objectStore("named").get(name));
  }

  /** @param {Record<string, any>} values all or none; undefined deletes */
  async set(values) {
    const transaction = this.#write(["named"]);
    const named = transaction.objectStore("named");
    for (const [name, value] of Object.entries(values)) value === undefined ? named.delete(name) : named.put(value, name);
    await committed(transaction);
  }

  /** Forgets this point altogether. What is still to be handed over has to be handed over before. */
  async clear() {
    const transaction = this.#write(["named", "facts", "records"]);
    for (const name of ["named", "facts", "records"]) transaction.objectStore(name).clear();
    await committed(transaction);
  }

  async counter() {
    return (await this.get("counter")) ?? 0;
  }

  /** @type {import("./facts.js").FactStore["keep"]} */
  async keep({ fact, record }) {
    const transaction = this.#write(["named", "facts", "records"]);
    const finished = committed(transaction);
    const named = transaction.objectStore("named");
    let taken = false;
    if (fact) {
      const highest = named.get("counter");
      highest.onsuccess = () => {
        if (fact.counter <= (highest.result ?? 0)) {
          taken = true;
          transaction.abort();
          return;
        }
        named.put(fact.counter, "counter");
        transaction.objectStore("facts").add(fact);
        if (record) transaction.objectStore("records").add(record);
      };
    } else if (record) {
      transaction.objectStore("records").add(record);
    }
    try {
      await finished;
    } catch (error) {
      throw taken ? new CounterTaken(fact.counter) : error;
    }
  }

  pending(limit) {
    return done(this.database.transaction("facts").objectStore("facts").getAll(null, limit));
  }

  pendingCount() {
    return done(this.database.transaction("facts").objectStore("facts").count());
  }

  async acknowledged(counters) {
    if (counters.length === 0) return;
    const transaction = this.#write(["facts"]);
    for (const counter of counters) transaction.objectStore("facts").delete(counter);
    await committed(transaction);
  }

  /** @returns {Promise<import("./facts.js").KeptRecord[]>} in the order they were kept */
  records() {
    return done(this.database.transaction("records").objectStore("records").getAll());
  }

  /**
   * Deletes the oldest records that neither the list's numbers nor the memory of used codes need any more. Only a
   * beginning of the row is deleted, so that the counters that stay have no gap; the last one deleted is remembered.
   * @param {{factsThrough: number, issuedMs: number, nowMs: number}} list the newest list, opened
   */
  async prune({ factsThrough, issuedMs, nowMs }) {
    const transaction = this.#write(["named", "records"]);
    const finished = committed(transaction);
    const named = transaction.objectStore("named");
    const cursor = transaction.objectStore("records").openCursor();
    cursor.onsuccess = () => {
      const row = cursor.result;
      if (!row) return;
      const { counter, at_ms, ends_ms } = row.value;
      const counted = counter === 0 ? at_ms < issuedMs : counter <= factsThrough;
      if (!counted || ends_ms + KEEP_RECORD_MS > nowMs) return;
      if (counter > 0) named.put(counter, "pruned_through");
      row.delete();
      row.continue();
    };
    await finished;
  }
}
